// Which of the hashtags that the dApp asks about does a person use, and how often? Others are not named.
// @ts-nocheck: a script of its own world, without modules or types.
(() => {
  const counts = new Map();
  return {
    begin({ hashtags }) {
      for (const hashtag of hashtags) counts.set(hashtag.toLowerCase(), 0);
    },
    rows(table, posts) {
      for (const { content } of posts)
        for (const [hashtag] of (content ?? "").toLowerCase().matchAll(/#[\p{L}\p{N}_]+/gu))
          if (counts.has(hashtag)) counts.set(hashtag, counts.get(hashtag) + 1);
    },
    end() {
      return [...counts].map(([hashtag, posts]) => ({ hashtag, posts }));
    },
  };
})();
