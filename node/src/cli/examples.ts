import type { Command } from "commander";

const account = "--account wallet.json --account-passphrase-file pass";
const key = "--keystore root.json --passphrase-file pass";
const recovering = `--network net ${account}`;

const onNetwork = "--network net";
const owner = "--network net --account net/wallets/owner.json --passphrase-file net/wallets/passphrase";
const dapp = "--network net --account net/wallets/dapp.json --passphrase-file net/wallets/passphrase";

/** By the words of the command: every command has one, of flags that there are (test/node/cli/life.test.ts). */
export const examples: Readonly<Record<string, readonly string[]>> = {
  import: [
    "persona import ~/Downloads/takeout-1.zip ~/Downloads/takeout-2.zip --dry-run",
    "persona import archive.zip --network net --account net/wallets/owner.json --keystore root.json --new-keystore --passphrase-file net/wallets/passphrase --guardians 1,2,3 --threshold 2",
    "persona import newer.zip --dataset dataset.json --network net --account net/wallets/owner.json --keystore root.json --passphrase-file net/wallets/passphrase",
  ],
  dev: [
    "persona dev --dir net",
    "persona dev --dir net --warp 30d",
    "persona dev --dir net --kill guardian-2",
    "persona dev --dir net --fund 0x…",
  ],
  rotate: [`persona rotate dataset.json --keystore root.json ${owner}`],
  doctor: [`persona doctor ${owner}`],
  completion: ['eval "$(persona completion bash)"', "persona completion fish | source"],
  datasets: ["persona datasets --network net --account net/wallets/owner.json"],
  grants: ["persona grants --network net --owner 0x… --all"],
  grant: [
    `persona grant dataset.json --request asked.txt --sign --out grant.cbor ${owner}`,
    `persona grant dataset.json --to 0x… --program engagement.program --segments posts --uses 3 --expires-in 30d --out grant.cbor ${owner}`,
  ],
  revoke: [`persona revoke grant.cbor ${owner}`, `persona revoke --all --yes ${owner}`],
  erase: [`persona erase dataset.json ${owner}`, `persona erase dataset.json --restore ${owner}`],
  transfer: [`persona transfer dataset.json --to 0x… ${owner}`, `persona transfer 0x… --accept ${dapp}`],
  "guardians replace": [
    `persona guardians replace dataset.json --guardians 1,2,4 --threshold 2 --keystore root.json --out dataset-2.json ${owner}`,
  ],
  "request make": [
    `persona request make --program engagement.program --segments posts --why "We reward good posts." --uses 2 --out asked.txt ${dapp}`,
  ],
  "request show": [`persona request show asked.txt ${onNetwork}`],
  "job run": [
    `persona job run --grant grant.cbor --program engagement.program --args '{"threshold": 10}' --max-fee 3000000000000000000 ${dapp}`,
    `persona job run --grant grant.cbor --program engagement.program --min-provenance ingest-enclave --max-fee 3000000000000000000 ${dapp}`,
  ],
  "job status": [`persona job status 0x… ${onNetwork}`],
  "receipt get": [`persona receipt get 0x… --out receipt.txt ${onNetwork}`],
  "receipt verify": [`persona receipt verify receipt.txt --job 0x… ${onNetwork}`],
  "app register": [`persona app register --name Score --domain score.example.org --metadata app.json ${dapp}`],
  "provenance show": [
    `persona provenance show 0x… ${onNetwork}`,
    `persona provenance show dataset.json --keystore root.json --keystore-passphrase-file pass ${onNetwork}`,
  ],
  "sources add": [
    "persona sources add posts --dir ingest --dataset 0x… --path ~/exports/x.zip --every 1d --grant writer.cbor --writer-keystore writer.json",
    "persona sources add posts --dir ingest --dataset 0x… --path ~/exports/x.zip --cron '30 3 * * *' --time-zone Europe/Oslo --jitter 10m --grant writer.cbor --writer-keystore writer.json",
    "persona sources add repos --kind github --client-id Iv1.0123456789abcdef --dir ingest --dataset 0x… --every 6h --grant writer.cbor --writer-keystore writer.json --writer-passphrase-file pass",
  ],
  "sources consent": [
    "persona sources consent repos --dir ingest --writer-passphrase-file pass --client-id Iv1.0123456789abcdef",
    "persona sources consent mail --dir ingest --writer-passphrase-file pass --mail-host imap.example.org --mail-user ann --mail-password-file mailpass",
  ],
  "sources list": ["persona sources list --dir ingest --runs 5"],
  "sources pause": ["persona sources pause posts --dir ingest"],
  "sources resume": ["persona sources resume posts --dir ingest"],
  "sources remove": ["persona sources remove posts --dir ingest"],
  "sources run": [`persona sources run --dir ingest --writer-passphrase-file pass ${dapp}`],
  "sources key": ["persona sources key --writer-keystore writer.json --writer-passphrase-file pass --out writer.pub"],
  "sources delegate": [
    `persona sources delegate dataset.json --to 0x… --writer-key writer.pub --segments posts --until 90d --versions 100 --out writer.cbor ${owner}`,
  ],
  convert: ["persona convert posts.ndjson --schema persona:post@1 --to parquet --out posts.parquet"],
  "storage check": ["persona storage check dataset.json --stores stores.json --sample 20"],
  "storage repair": ["persona storage repair dataset.json --stores stores.json"],
  "storage gc": ["persona storage gc dataset.json --stores stores.json --network net --dry-run"],
  "log verify": [
    "persona log verify dataset.json --network net --account net/wallets/owner.json --passphrase-file net/wallets/passphrase",
  ],
  who: [
    "persona who-can-read dataset.json --network net",
    "persona who-can-read dataset.json --network net --segment messages --with-grant grant.cbor",
  ],
  "keystore new": ["persona keystore new --kind account --out wallet.json --passphrase-file pass"],
  "node init": ["persona node init --dir worker-1 --rpc-url http://127.0.0.1:8545 --deployment net/deployment.json"],
  "node start": ["persona node start --config worker-1/config.json"],
  "node status": ["persona node status --config worker-1/config.json --json"],
  "node drain": ["persona node drain --config worker-1/config.json --timeout 600"],
  "node exit": ["persona node exit --config worker-1/config.json"],
  "node rotate": ["persona node rotate --config guardian-1/config.json"],
  "attest verify": ["persona attest verify quote.bin --collateral collateral.json"],
  "attest show": ["persona attest show quote.bin"],
  "attest sign": [
    "persona attest sign document.bin --verifier 0x… --chain-id 1 --keystore member.json --passphrase-file pass",
  ],
  "attest serve": [
    "persona attest serve --port 8700 --verifier 0x… --chain-id 1 --keystore member.json --passphrase-file pass",
  ],
  "attest feed": [
    "persona attest feed quote.bin --verifier 0x… --rpc https://… --keystore wallet.json --passphrase-file pass",
  ],
  "attest poke": ["persona attest poke --registry 0x… --rpc https://… --keystore wallet.json --passphrase-file pass"],
  "program build": ["persona program build engagementByYear --out engagement.program"],
  "program test": ["persona program test engagement.program --data archive.zip --args '{\"threshold\": 10}'"],
  "program publish": ["persona program publish engagement.program --network net"],
  "provenance verify": ["persona provenance verify proof.json --owner 0x… --max-age 86400"],
  "recovery kit": [
    `persona recovery kit ${key} --network net --owner 0x… --out kit.txt --kit-passphrase-file kit-pass`,
  ],
  "recovery restore": [`persona recovery restore --kit kit.txt --kit-passphrase-file kit-pass ${key}`],
  "recovery card": [`persona recovery card ${key} ${account} --out me.card`],
  "recovery plan": [
    `persona recovery plan ${key} ${recovering} --people ann.card,bo.card,cy.card --threshold 2 --delay-days 7 --out-dir packets`,
  ],
  "recovery conclude": [`persona recovery conclude ${recovering}`],
  "recovery cancel": [`persona recovery cancel ${recovering}`],
  "recovery backup": [`persona recovery backup ${key} ${recovering} --records dataset.json`],
  "recovery request": [`persona recovery request ${recovering} --owner 0x… --device new.card --packet packet.json`],
  "recovery veto": [`persona recovery veto ${recovering} --owner 0x… --requester 0x…`],
  "recovery status": [`persona recovery status ${recovering} --owner 0x…`],
  "recovery approve": [
    `persona recovery approve ${key} ${recovering} --owner 0x… --requester 0x… --packet packet.json --device new.card --out answer.json`,
  ],
  "recovery finish": [
    `persona recovery finish ${key} --network net --owner 0x… --requester 0x… --answers a.json,b.json --device new.json --device-passphrase-file pass --records-dir records`,
  ],
  "recovery records": [`persona recovery records ${key} --network net --owner 0x… --records-dir records`],
  "recovery take-over": [`persona recovery take-over ${recovering} --dataset 0x…`],
};

/** Behind the help of each command that the table names. */
export function addExamples(parent: Command, path: readonly string[] = []): void {
  for (const command of parent.commands) {
    const words = [...path, command.name()];
    const lines = examples[words.join(" ")];
    if (lines !== undefined)
      command.addHelpText(
        "after",
        `\n${lines.length === 1 ? "Example" : "Examples"}:\n${lines.map((line) => `  ${line}`).join("\n")}`,
      );
    addExamples(command, words);
  }
}
