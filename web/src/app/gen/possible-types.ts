
      export type PossibleTypesResultData = {
  "possibleTypes": {
    "Node": [
      "Activity",
      "Message",
      "MessageGroup",
      "Notification",
      "User"
    ],
    "SearchResult": [
      "Activity",
      "User"
    ]
  }
};
      const result: PossibleTypesResultData = {
  "possibleTypes": {
    "Node": [
      "Activity",
      "Message",
      "MessageGroup",
      "Notification",
      "User"
    ],
    "SearchResult": [
      "Activity",
      "User"
    ]
  }
};
      export default result;
    