// Which of the hashtags that the dApp asks about does a person use, and how often? Others are not named.
// @ts-nocheck: a script of its own world, without modules or types.
(() => {
  const counts = new Map();
  return {
    begin({ hashtags }) {
      for (const hashtag of hashtags) counts.set(hashtag.toLowerCase(), 0);
    },
    rows(table, posts) {
      // By words, not by a regular expression: matchAll compiles its pattern anew for each post.
      for (const { content } of posts)
        for (const word of (content ?? "").toLowerCase().split(" "))
          if (counts.has(word)) counts.set(word, counts.get(word) + 1);
    },
    end() {
      return [...counts].map(([hashtag, posts]) => ({ hashtag, posts }));
    },
  };
})();
