import { bankCsv } from "../../../sdk/src/ingest/bankCsv/bankCsv.ts";
import { camt } from "../../../sdk/src/ingest/camt/camt.ts";
import { mt940 } from "../../../sdk/src/ingest/mt940/mt940.ts";
import { ofx } from "../../../sdk/src/ingest/ofx/ofx.ts";
import { qif } from "../../../sdk/src/ingest/qif/qif.ts";
import { bankCsvFile, camtStatement, mt940Statement, ofxStatement, qifRegister } from "../../helpers/exports/bank.ts";
import { fuzzConnector } from "./fuzzConnector.ts";

const bytes = (pieces: Iterable<string>): Uint8Array => new TextEncoder().encode([...pieces].join(""));

describe("bank statements, damaged", function () {
  this.timeout(0);
  it("camt", () => fuzzConnector(camt, { "a.xml": bytes(camtStatement(1)) }));
  it("ofx", () => fuzzConnector(ofx, { "a.ofx": bytes(ofxStatement(2)) }));
  it("qif", () => fuzzConnector(qif, { "a.qif": bytes(qifRegister(3)) }));
  it("mt940", () => fuzzConnector(mt940, { "a.sta": bytes(mt940Statement(2)) }));
  it("bank-csv", () => fuzzConnector(bankCsv, { "a.csv": bytes(bankCsvFile(3)) }));
});
