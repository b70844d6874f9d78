/** npm run -s sample -- FILE [--posts 400]: writes an X archive of an invented person, to try things with. */
import { parseArgs } from "node:util";
import { enterCallerDirectory } from "../node/src/cli/callerDirectory.ts";
import { writeSampleArchive } from "./demo/sampleArchive.ts";

enterCallerDirectory();
const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { posts: { type: "string", default: "400" } },
});
const [file] = positionals;
const posts = Number(values.posts);
if (file === undefined || !Number.isInteger(posts) || posts < 1 || posts > 1_000_000) {
  process.stderr.write("npm run -s sample -- FILE [--posts 1 to 1000000]\n");
  process.exitCode = 2;
} else {
  await writeSampleArchive(file, { posts, likes: 20, seed: 7 });
  process.stdout.write(`${file}: an X archive with ${posts} posts of an invented person\n`);
}
