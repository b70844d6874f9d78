import { expect } from "chai";
import { expectError } from "./expectError.ts";
import { importRecords } from "./importRecords.ts";

/** An export that can be read, and a file of the same kind that cannot. */
const exports: Readonly<Record<string, { readonly good: Readonly<Record<string, string>>; readonly broken: string }>> =
  {
    discord: {
      good: {
        "Messages/c123456789012345678/messages.json":
          '[{"ID": "900100200300400500", "Timestamp": "2024-01-01 00:00:00", "Contents": "a", "Attachments": ""}]',
      },
      broken: "Messages/c123456789012345679/messages.json",
    },
    facebook: {
      good: {
        "your_facebook_activity/posts/your_posts_1.json": '[{"timestamp": 1600000000, "data": [{"post": "x"}]}]',
      },
      broken: "your_facebook_activity/messages/inbox/a_1/message_1.json",
    },
    "google-chrome": {
      good: { "Chrome/History.json": '{"Browser History": [{"url": "https://a.example", "time_usec": 1}]}' },
      broken: "Chrome/BrowserHistory.json",
    },
    "google-youtube": {
      good: {
        "YouTube/history/watch-history.json":
          '[{"header": "YouTube", "title": "Watched a", "time": "2024-01-01T00:00:00Z"}]',
      },
      broken: "YouTube/history/search-history.json",
    },
    "github-export": {
      good: { "repositories_000001.json": '[{"type": "repository", "url": "https://github.com/a/b", "name": "b"}]' },
      broken: "issues_000001.json",
    },
    linkedin: {
      good: { "Connections.csv": "First Name,Last Name,Connected On\nOla,N,05 Jan 2024\n" },
      broken: "Positions.csv",
    },
    netflix: {
      good: { "NetflixViewingHistory.csv": "Title,Date\nA,1/13/24\n" },
      broken: "b/NetflixViewingHistory.csv",
    },
    reddit: {
      good: {
        "posts.csv": "id,permalink,date,ip,subreddit,gildings,title,url,body\n1,p,2024-01-01 00:00:00 UTC,,a,0,t,u,b\n",
      },
      broken: "comment_votes.csv",
    },
    slack: {
      good: {
        "users.json": '[{"id": "U1", "team_id": "T1", "name": "kari"}]',
        "general/2024-01-01.json": '[{"type": "message", "user": "U1", "text": "a", "ts": "1700000000.000100"}]',
      },
      broken: "general/2024-01-02.json",
    },
    spotify: {
      good: {
        "StreamingHistory0.json":
          '[{"endTime": "2024-01-01 10:00", "artistName": "a", "trackName": "b", "msPlayed": 1000}]',
      },
      broken: "StreamingHistory1.json",
    },
    whatsapp: {
      good: { "WhatsApp Chat with Kari.txt": "30/12/21, 22:01 - Kari: Hei\n" },
      broken: "WhatsApp Chat with Ola.txt",
    },
  };

describe("a file that cannot be read", () => {
  for (const [id, { good, broken }] of Object.entries(exports)) {
    it(`${id}: among others it is left out and said, alone it is an error`, async () => {
      const whole = await importRecords(good, { connector: id });
      for (const text of ["?", "[{"]) {
        const found = await importRecords({ ...good, [broken]: text }, { connector: id });
        expect(found.counts).to.deep.equal(whole.counts);
        expect(found.skipped).to.deep.equal({ ...whole.skipped, "is a file that cannot be read": 1 });
      }
      await expectError("EXPORT_INVALID", () => importRecords({ [broken]: "[{" }, { connector: id }));
    });
  }
});
