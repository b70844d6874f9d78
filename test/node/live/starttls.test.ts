import { once } from "node:events";
import { type AddressInfo, connect, createServer, type Server, type Socket } from "node:net";
import { createInterface } from "node:readline";
import { TLSSocket } from "node:tls";
import { expect } from "chai";
import { connectMailbox } from "../../../node/src/enclave/ingest/imap/mailbox.ts";
import { createRootStore } from "../../../node/src/enclave/ingest/net/tlsConnection.ts";
import { createTestAuthority } from "../../helpers/testCertificates.ts";
import { expectError } from "../../sdk/ingest/expectError.ts";

/** What a server, or whoever sits before it, does until there is TLS. */
type Behaviour = {
  readonly greeting?: string;
  readonly capabilities?: string;
  /** In plain text behind the answer to STARTTLS: in the same packet, or a moment later. */
  readonly behind?: string;
  readonly later?: string;
  /** Whose certificate is shown. */
  readonly name?: string;
  /** Answers to STARTTLS, and goes on in plain text. */
  readonly staysPlain?: boolean;
};

const password = "only after TLS";
const name = "imap.example.org";

describe("a mailbox by STARTTLS", function () {
  this.timeout(60_000);
  const authority = createTestAuthority();
  let server: Server | undefined;
  afterEach(() => server?.close());

  /** A server that speaks as much IMAP as a client needs to see its folders, and what it was told before and after TLS. */
  async function serve(behaviour: Behaviour): Promise<{ port: number; plain: string[]; secret: string[] }> {
    const { greeting = "* OK ready", capabilities = "IMAP4rev1 STARTTLS", behind = "", later, staysPlain } = behaviour;
    const told = { plain: [] as string[], secret: [] as string[] };
    const speak = (socket: Socket, isSecret: boolean): void => {
      socket.on("error", () => {});
      const lines = createInterface(socket);
      lines.on("line", (line) => {
        told[isSecret ? "secret" : "plain"].push(line);
        const [tag = "", verb = ""] = line.split(" ");
        const answer = (text = "") => socket.write(`${text}${tag} OK done\r\n`);
        if (verb === "CAPABILITY") answer(`* CAPABILITY ${isSecret ? "IMAP4rev1" : capabilities}\r\n`);
        else if (verb === "LIST" || verb === "LSUB") answer('* LIST (\\HasNoChildren) "/" INBOX\r\n');
        else if (verb === "AUTHENTICATE" || verb === "LOGIN") answer();
        else if (verb === "STARTTLS") {
          socket.write(`${tag} OK begin\r\n${behind}`);
          if (staysPlain === true) return;
          lines.close();
          socket.removeAllListeners("data");
          const go = () => {
            const { key, cert } = authority.issue([behaviour.name ?? name]);
            speak(new TLSSocket(socket, { isServer: true, key, cert }), true);
          };
          if (later === undefined) go();
          else setTimeout(() => socket.write(later, go), 30);
        } else answer();
      });
    };
    server = createServer((socket) => {
      socket.write(`${greeting}\r\n`);
      speak(socket, false);
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return { port: (server.address() as AddressInfo).port, ...told };
  }

  async function open(port: number) {
    const account = { host: name, port: 143, security: "starttls", user: "kari", password, accessToken: null } as const;
    const shown: string[] = [];
    const mailbox = await connectMailbox(account, {
      dial: () => connect({ host: "127.0.0.1", port }),
      roots: createRootStore([authority.root]),
      onExchange: ({ certificate }) => shown.push(certificate),
      maxMailBytes: 2 ** 20,
    });
    try {
      return { folders: await mailbox.folders(), shown };
    } finally {
      mailbox.close();
    }
  }
  const says = (lines: readonly string[]) => lines.join("\n");
  const encoded = Buffer.from(`\0kari\0${password}`).toString("base64");

  it("default: nothing but the wish for TLS is said before it, and the certificate is in the statement", async () => {
    const { port, plain, secret } = await serve({});
    const { folders, shown } = await open(port);
    expect(folders.map(({ path }) => path)).to.deep.equal(["INBOX"]);
    expect(shown).to.have.length(1);
    expect(plain.map((line) => line.split(" ")[1])).to.deep.equal(["CAPABILITY", "STARTTLS"]);
    expect(says(secret)).to.include(password);
  });

  const attacks: Readonly<Record<string, Behaviour>> = {
    "answers in plain text in the packet of the OK": { behind: "* CAPABILITY IMAP4rev1\r\n* OK injected\r\n" },
    "answers in plain text a moment after the OK": { later: "* CAPABILITY IMAP4rev1\r\n" },
    "a server that does not offer it": { capabilities: "IMAP4rev1 AUTH=PLAIN" },
    "a greeting that says everybody is known already": { greeting: "* PREAUTH welcome" },
    "an OK, and no TLS behind it": { staysPlain: true, behind: "* OK go on\r\n" },
  };
  for (const [what, behaviour] of Object.entries(attacks))
    it(`error: ${what}: no word of the password`, async () => {
      const { port, plain, secret } = await serve(behaviour);
      await expectError("SOURCE_UNAVAILABLE", () => open(port));
      for (const text of [says(plain), says(secret)]) {
        expect(text).to.not.include(encoded);
        expect(text).to.not.include(password);
      }
    });

  it("error: another host's certificate: no word of the password", async () => {
    const { port, plain, secret } = await serve({ name: "imap.evil.example" });
    await expectError("SOURCE_CERTIFICATE_INVALID", () => open(port));
    expect(says([...plain, ...secret]))
      .to.not.include(encoded)
      .and.not.include(password);
  });
});
