"""Calls the gateway over a WebSocket with the Python package gql.

    gql_client.py HOST:PORT

Prints one line for each kind of operation that worked.
"""

import asyncio
import sys

from gql import Client, gql
from gql.transport.websockets import WebsocketsTransport

POST = """mutation($text: String!) {
  createActivity(input: {message: $text, ttl: ONE_HOUR}) { activity { message } }
}"""


async def main(address):
    transport = WebsocketsTransport(url=f"ws://{address}/graphql")
    async with Client(transport=transport) as session:
        answer = await session.execute(gql("{ __typename }"))
        assert answer == {"__typename": "Query"}, answer
        print("query ok")

        subscription = gql("subscription { activityCreated { node { message } } }")
        events = session.subscribe(subscription)
        first = asyncio.create_task(anext(events))
        # The subscription may begin after the first posts.
        count = 0
        while not first.done():
            post = gql(POST)
            post.variable_values = {"text": f"from gql {count}"}
            answer = await session.execute(post)
            count += 1
            assert answer["createActivity"]["activity"]["message"].startswith("from gql"), answer
            await asyncio.wait([first], timeout=1)
        print("mutation ok")
        event = first.result()
        assert event["activityCreated"]["node"]["message"].startswith("from gql"), event
        await events.aclose()
        print("subscription ok")


asyncio.run(asyncio.wait_for(main(sys.argv[1]), 60))
