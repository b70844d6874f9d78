import { parseCollateral } from "@persona-protocol/sdk/attestation";
import { expect } from "chai";
import { collateralJson, issuedAt, simulator } from "../../helpers/attestationScene.ts";
import { expectError } from "../../helpers/errors.ts";

describe("parseCollateral", () => {
  const json = collateralJson(simulator().collateral({ tee: "tdx", issuedAt }));
  const members = JSON.parse(json) as Record<string, string>;
  const wanted = parseCollateral(json);
  const base64 = (hex = "") => Buffer.from(hex, "hex").toString("base64");
  const pem = (hex = "") =>
    `-----BEGIN X509 CRL-----\n${(base64(hex).match(/.{1,64}/g) ?? []).join("\n")}\n-----END X509 CRL-----\n`;
  const answer = (name: string, text: string) =>
    `{"${name}":${members[text]},"signature":"${members[`${text}_signature`]}"}`;
  const read = (changes: Record<string, unknown>) => parseCollateral(JSON.stringify({ ...members, ...changes }));

  it("behavior: lists in hex of either case, base64 or PEM; other members are left alone", () => {
    const { root_ca_crl: root, pck_crl: pck } = members;
    const shapes = [
      { root_ca_crl: root?.toUpperCase(), pck_crl: `${pck}\n` },
      { root_ca_crl: base64(root), pck_crl: pem(pck) },
      { root_ca_crl: pem(root).replaceAll("\n", "\r\n"), pck_certificate_chain: null, version: 3 },
    ];
    for (const shape of shapes) expect(read(shape)).to.deep.equal(wanted);
  });

  it("behavior: Intel's answers as they came, with the signature inside", () => {
    const [tcb, qe] = [answer("tcbInfo", "tcb_info"), answer("enclaveIdentity", "qe_identity")];
    const changes = { tcb_info_signature: undefined, qe_identity_signature: undefined };
    expect(read({ tcb_info: tcb, qe_identity: qe, ...changes })).to.deep.equal(wanted);
  });

  it("error: what is none of these", async () => {
    const wrong = [
      { root_ca_crl: "zz" },
      { root_ca_crl: "abc" },
      { pck_crl: "-----BEGIN X509 CRL-----\n*\n-----END X509 CRL-----" },
      { tcb_info_signature: undefined },
      { tcb_info: answer("enclaveIdentity", "tcb_info"), tcb_info_signature: undefined },
      { qe_identity: 7 },
    ];
    for (const changes of wrong) await expectError("COLLATERAL_INVALID", () => read(changes));
  });
});
