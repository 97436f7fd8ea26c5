"""Calls DynamoDB as the original Cruddur does, in its layout.

    original.py fill ENDPOINT TABLE                   creates the table and fills it
    original.py groups ENDPOINT TABLE USER YEAR       reads conversations
    original.py messages ENDPOINT TABLE GROUP YEAR    reads messages

Prints what it reads as JSON.
"""

import json
import sys
from datetime import datetime, timedelta, timezone

import boto3

ANDREW = "00000000-0000-0000-0000-000000000001"
BAYKO = "00000000-0000-0000-0000-000000000002"
GROUP = "00000000-0000-0000-0000-0000000b0b05"


def fill(client, table):
    client.create_table(
        TableName=table,
        AttributeDefinitions=[
            {"AttributeName": name, "AttributeType": "S"}
            for name in ("message_group_uuid", "pk", "sk")
        ],
        KeySchema=[
            {"AttributeName": "pk", "KeyType": "HASH"},
            {"AttributeName": "sk", "KeyType": "RANGE"},
        ],
        GlobalSecondaryIndexes=[
            {
                "IndexName": "message-group-sk-index",
                "KeySchema": [
                    {"AttributeName": "message_group_uuid", "KeyType": "HASH"},
                    {"AttributeName": "sk", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
                "ProvisionedThroughput": {"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
            }
        ],
        BillingMode="PROVISIONED",
        ProvisionedThroughput={"ReadCapacityUnits": 5, "WriteCapacityUnits": 5},
    )
    client.get_waiter("table_exists").wait(TableName=table)
    items = []
    # 2,000 messages from early 2023 to late 2025. Every third time has no UTC offset, like the result of
    # `datetime.now().isoformat()`; a whole second has no fraction.
    first = datetime(2023, 2, 1, tzinfo=timezone.utc)
    for number in range(2000):
        at = first + timedelta(hours=12 * number, microseconds=number % 5)
        sk = at.replace(tzinfo=None).isoformat() if number % 3 == 0 else at.isoformat()
        sender = ANDREW if number % 2 == 0 else BAYKO
        items.append(message(GROUP, f"{number + 0x1000:032x}", sender, str(number), sk))
    items += sides(GROUP, ANDREW, BAYKO, "1999", items[-1]["sk"]["S"])
    # 150 conversations with other users, one per week.
    for number in range(150):
        at = first + timedelta(days=7 * number)
        sk = at.replace(tzinfo=None).isoformat() if number % 2 == 0 else at.isoformat()
        group, other = uuid(0x20000 + number), uuid(0x30000 + number)
        items.append(message(group, f"{0x40000 + number:032x}", other, f"week {number}", sk))
        items += sides(group, ANDREW, other, f"week {number}", sk)
    for start in range(0, len(items), 25):
        puts = [{"PutRequest": {"Item": item}} for item in items[start : start + 25]]
        client.batch_write_item(RequestItems={table: puts})


def uuid(number):
    text = f"{number:032x}"
    return "-".join((text[:8], text[8:12], text[12:16], text[16:20], text[20:]))


def message(group, number, sender, text, sk):
    return strings(
        pk=f"MSG#{group}",
        sk=sk,
        message=text,
        message_uuid=uuid(int(number, 16)),
        user_uuid=sender,
        user_display_name="Some Body",
        user_handle="somebody",
    )


def sides(group, one, other, text, sk):
    return [
        strings(
            pk=f"GRP#{me}",
            sk=sk,
            message_group_uuid=group,
            message=text,
            user_uuid=they,
            user_display_name="Some Body",
            user_handle="somebody",
        )
        for me, they in ((one, other), (other, one))
    ]


def strings(**attributes):
    return {name: {"S": value} for name, value in attributes.items()}


def read(client, table, pk, year):
    """Returns at most the 20 newest items of a year, newest first."""
    found = client.query(
        TableName=table,
        KeyConditionExpression="pk = :pk AND begins_with(sk, :year)",
        ScanIndexForward=False,
        Limit=20,
        ExpressionAttributeValues=strings(**{":year": year, ":pk": pk}),
    )
    return found["Items"]


def groups(client, table, user, year):
    return [
        {
            "uuid": item["message_group_uuid"]["S"],
            "display_name": item["user_display_name"]["S"],
            "handle": item["user_handle"]["S"],
            "message": item["message"]["S"],
            "created_at": item["sk"]["S"],
        }
        for item in read(client, table, f"GRP#{user}", year)
    ]


def messages(client, table, group, year):
    items = read(client, table, f"MSG#{group}", year)
    return [
        {
            "uuid": item["message_uuid"]["S"],
            "display_name": item["user_display_name"]["S"],
            "handle": item["user_handle"]["S"],
            "message": item["message"]["S"],
            "created_at": item["sk"]["S"],
        }
        for item in reversed(items)
    ]


def main():
    command, endpoint, table, *rest = sys.argv[1:]
    client = boto3.client(
        "dynamodb",
        endpoint_url=endpoint,
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    found = {"fill": fill, "groups": groups, "messages": messages}[command](client, table, *rest)
    print(json.dumps(found))


if __name__ == "__main__":
    main()
