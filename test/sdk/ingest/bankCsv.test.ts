import { expect } from "chai";
import { bankCsvFile } from "../../../scripts/exports/bank.ts";
import { bankCsv } from "../../../sdk/src/ingest/bankCsv/bankCsv.ts";
import { inspectInput, readArchive } from "../../../sdk/src/ingest/index.ts";
import { bridgeAll, summary } from "./connectorRecords.ts";
import { expectError } from "./expectError.ts";
import { memoryArchive } from "./memoryArchive.ts";
import { withSample } from "./samples.ts";

const one = (text: string | Uint8Array) => bridgeAll(bankCsv, memoryArchive({ "a.csv": text }, 7));
const first = async (text: string | Uint8Array) => (await one(text)).records["transactions"]?.[0];
const detect = (text: string, name = "a.csv") => bankCsv.detect(inspectInput(memoryArchive({ [name]: text })));

describe("bank-csv", () => {
  it("default: columns by their names in many languages", async () => {
    const wanted = { date: "2024-03-14", amount: "-1234.50", description: "Rope" };
    for (const text of [
      "Date,Description,Amount\n2024-03-14,Rope,-1234.50\n",
      "Buchungstag;Verwendungszweck;Betrag;Währung\n14.03.2024;Rope;-1.234,50;EUR\n",
      "Date de l'opération;Libellé;Montant (EUR)\n14/03/2024;Rope;-1 234,50\n",
      "Fecha operación;Concepto;Importe\n14/03/2024;Rope;-1.234,50\n",
      "Boekdatum;Omschrijving;Bedrag\n14-03-2024;Rope;-1234,50\n",
      "Bokføringsdato;Beskrivelse;Beløp\n14.03.2024;Rope;-1234,50\n",
      "Bokført;Tekst;Ut;Inn\n14.03.2024;Rope;1234,50;\n",
      '"Datum","Mededelingen","Af Bij","Bedrag (EUR)"\n"20240314","Rope","Af","1234,50"\n',
      "Trade date;Booking date;Description;Debit;Credit;Balance\n14.03.2024;14.03.2024;Rope;1'234.50;;11'373.94\n",
      "Date\tDescription\tAmount\r3/14/2024\tRope\t(1,234.50)\r",
    ]) {
      expect(await first(text), text).to.include(wanted);
      expect(await detect(text), text).to.be.within(0.6, 1);
    }
  });

  it("behavior: a day that could be two is read day first between dashes and beside a currency that is not America's", async () => {
    const day = async (text: string) => (await first(text))?.["date"];
    expect(await day("Date,Description,Amount\n05/01/2024,x,-1.00\n")).to.equal("2024-05-01");
    expect(await day("Date,Description,Amount\n05-01-2024,x,-1.00\n")).to.equal("2024-01-05");
    expect(await day("Date,Description,Amount,Currency\n05/01/2024,x,-1.00,GBP\n")).to.equal("2024-01-05");
    expect(await day("Date,Description,Amount (GBP)\n05/01/2024,x,-1.00\n")).to.equal("2024-01-05");
    expect(await day("Date,Description,Amount,Currency\n05/01/2024,x,-1.00,USD\n")).to.equal("2024-05-01");
    expect(await day("Date,Description,Amount,Currency\n05/01/2024,x,-1.00,GBP\n01/31/2024,x,-1.00,GBP\n")).to.equal(
      "2024-05-01",
    );
  });

  it("behavior: an IBAN beside payer and payee is the other's, as DKB writes it", async () => {
    const { records } = await one(
      '"Konto";"DE12"\n\n"Buchungsdatum";"Wertstellung";"Zahlungspflichtige*r";"Zahlungsempfänger*in";"Verwendungszweck";"IBAN";"Betrag (€)"\n"05.01.24";"05.01.24";"Ich";"Kiosk";"Rope";"DE99";"-1,00"\n',
    );
    expect(records["transactions"]?.[0]).to.include({
      account: null,
      counterparty_account: "DE99",
      counterparty_name: "Kiosk",
      currency: "EUR",
    });
    expect(records["accounts"]).to.deep.equal([]);
  });

  it("behavior: names of columns of more banks, and a balance before the first transaction", async () => {
    const wanted = { date: "2023-12-31", amount: "-4.50" };
    for (const text of [
      "Description,,Summary Amt.\nBeginning balance,,100.00\n\nDate,Description,Amount,Running Bal.\n12/01/2023,Beginning balance,,100.00\n12/31/2023,COFFEE,-4.50,95.50\n",
      "JournalNumber,JournalDate,AccountName,NetAmount\n1,31-Dec-23,Cash,-4.50\n",
      "Date;Libellé;Débit euros;Crédit euros;\n31/12/2023;CAFE;4,50;;\n",
      "Type  ;CCP\n\nDate;Libellé;Montant(EUROS)\n31/12/2023;CAFE;-4,50\n",
      "#Klient;\nKARI;\n\n#Data operacji;#Opis operacji;#Rachunek;#Kategoria;#Kwota;\n2023-12-31;KAWA;eKonto;Bar;-4,50 PLN;;\n",
      '"ID operace";"Datum";"Objem";"Měna"\n"1";"31.12.2023";"-4,50";"CZK"\n',
      "Bokföringsdag;Belopp;Avsändare;Namn;Rubrik;Saldo\n2023/12/31;-4,50;1;Kafe;KAFFE;95,50\n",
      "Data,Valor,Identificador,Descrição\n31/12/2023,-4.50,abc,Café\n",
      '"Datum","Name","Währung","Brutto","Transaktionscode"\n"31.12.2023","Ola","EUR","-4,50","ABC"\n',
      '"Account Type","Transaction Date","Description 1","CAD$","USD$"\nChequing,12/31/2023,COFFEE,-4.50,\n',
      ",ID,Datetime,Type,Note,Amount (total)\n,,,,,\n,123,2023-12-31T10:11:12,Payment,coffee,- $4.50\n",
      // Cards list what was spent.
      "Trans. Date,Post Date,Description,Amount,Category\n12/30/2023,12/31/2023,COFFEE,4.50,Restaurants\n",
    ]) {
      const { records } = await one(text);
      const found = records["transactions"]?.find(({ amount }) => amount !== null);
      expect(found, text).to.include(wanted);
      expect(await detect(text), text).to.be.within(0.6, 1);
    }
  });

  it("behavior: tables without a header, by their shape; other tables are none", async () => {
    for (const [text, wanted] of [
      ['"12/31/2023","-4.50","*","","COFFEE"\n"01/13/2024","1000.00","*","","PAY"\n', { amount: "-4.50" }],
      ['31/12/2023,COFFEE,-4.50\n02/01/2024,PAY,"1,000.00"\n', { amount: "-4.50", description: "COFFEE" }],
      ['31/12/2023,"-4.50","COFFEE","+95.50"\n', { amount: "-4.50", balance_after: "95.50" }],
      ["12/31/2023,COFFEE,4.50,,95.50\n01/13/2024,PAY,,1000.00,1095.50\n", { amount: "-4.50", balance_after: "95.50" }],
      ["Päivä;Selite;Summa\n31.12.2023;KAHVI;-4,50\n", { amount: "-4.50", description: "KAHVI" }],
    ] as const) {
      const { records } = await one(text);
      expect(records["transactions"]?.[0], text).to.include({ date: "2023-12-31", ...wanted });
      expect(await detect(text), text).to.equal(0.6);
    }
    for (const text of [
      "2023-12-31,12,a\n2024-01-01,13,b\n",
      "2023-12-31,4.50\n",
      "31/12/2023,4.50,1.00,2.00,walk\n",
      "day,steps,note\n2023-12-31,400,walk\n",
      "12,4.50,COFFEE\n",
    ])
      expect(await detect(text), text).to.equal(0);
  });

  it("behavior: a preamble above the table, whose IBAN is the account's; unknown columns are kept; other charsets", async () => {
    const text = `Kontonummer:;DE89 3704 0044 0532 0130 00 / Girokonto\n\nZeitraum:;März\n\n"Buchungstag";"Empfänger";"Betrag (€)";"Gläubiger-ID"\n"01.03.24";"Bäckerei";"-3,10";"DE98"\n`;
    const latin1 = Uint8Array.from(text.replace("€", "\u0080"), (character) => character.charCodeAt(0));
    for (const bytes of [text, latin1]) {
      const { records, extra } = await one(bytes);
      expect(records["accounts"]?.[0]).to.include({
        id: "DE89370400440532013000",
        iban: "DE89370400440532013000",
        currency: "EUR",
      });
      expect(records["transactions"]?.[0]).to.include({
        date: "2024-03-01",
        amount: "-3.10",
        currency: "EUR",
        counterparty_name: "Bäckerei",
      });
      expect(extra).to.deep.equal([{ "Gläubiger-ID": "DE98" }]);
    }
  });

  it("behavior: the last row tells the order of days and the decimal sign; where none does it is said", async () => {
    const { records, remarks } = await one("Date;Amount;Text\n1/2/24;1.000;a\n31/1/24;2,50;b\n");
    expect(records["transactions"]?.map(({ date, amount }) => [date, amount])).to.deep.equal([
      ["2024-02-01", "1000"],
      ["2024-01-31", "2.50"],
    ]);
    expect(remarks).to.deep.equal([]);
    expect((await one("Date,Amount,Text\n1/2/24,1.5,a\n")).remarks).to.deep.equal([
      "changed transactions: month and day could be swapped: read month first",
    ]);
  });

  it("behavior: rows that are no transactions are skipped and said; the same row twice is two; a bank's own id is one", async () => {
    const { records, remarks } = await one(
      "Date,Amount,Balance\n2024-01-31,5,1\n2024-01-31,5,1\nTotal,,10\nDate,Amount,Balance\npending,7,\n2024-01-31,x,\n",
    );
    expect(records["transactions"]?.map(({ date, amount }) => [date, amount])).to.deep.equal([
      ["2024-01-31", "5"],
      ["2024-01-31", "5"],
      [null, "7"],
      ["2024-01-31", null],
    ]);
    expect(new Set(records["transactions"]?.map(({ id }) => id)).size).to.equal(4);
    expect(remarks.filter((text) => text.startsWith("skipped"))).to.have.length(2);
    const text = [...bankCsvFile(10)].join("");
    expect((await readArchive(memoryArchive({ "a.csv": text, "b.csv": text }))).segments[1]?.records).to.equal(10);
  });

  it("behavior: what is no bank's is not claimed", async () => {
    for (const text of [
      "",
      "a,b\n1,2\n",
      "Date,Title\n2024-01-01,x\n",
      "id,permalink,date,ip,subreddit,gildings,link,parent,body,media\nx,y,2024-04-16 09:08:07 UTC,,b,0,,,t,\n",
      "Title,Date\nInception,1/2/24\n",
      "First Name,Last Name,URL,Email Address,Company,Position,Connected On\nA,B,,,,,05 Jan 2024\n",
      "Date,Amount\nfoo,bar\n",
      "Profile Name,Start Time,Duration,Title\nK,2024-01-01 00:00:00,00:10:00,x\n",
      '{"date":1,"amount":2}',
      "\0\0\0\0",
    ]) {
      expect(await detect(text), text).to.equal(0);
    }
    expect(await detect([...bankCsvFile(3)].join(""), "renamed")).to.be.greaterThan(0.5);
  });

  it("error: a quote that is never closed, ten million columns", async () => {
    const head = "Date,Amount\n2024-01-01,5\n";
    await expectError("EXPORT_INVALID", () => one(`${head}"2024`));
    await expectError("EXPORT_INVALID", () => one("Title,Date\nInception,1/2/24\n"));
    await expectError("EXPORT_INVALID", () =>
      bridgeAll(bankCsv, memoryArchive({ "a.csv": head + ",".repeat(10_000_000) }, 65_536)),
    );
  });

  it("behavior: the generator's file of any size", async () => {
    expect(await summary(memoryArchive({ "a.csv": [...bankCsvFile(2000)].join("") }))).to.equal(
      "bank-csv | transactions=2000 2024-01-01…2024-01-28",
    );
  });

  for (const [file, transactions, range, amount] of [
    ["amazon.csv", 6, "2022-10-11…2025-04-11", "-4.22"],
    ["capitalone.csv", 2, "2015-12-31…2015-12-31", "-1000.00"],
    ["creditunion.csv", 8, "2015-02-08…2015-03-25", "50000"],
    ["default.csv", 8, "2015-02-08…2015-03-25", "50000"],
    ["gls.csv", 1, "2017-10-10…2017-10-10", "-98.76"],
    ["ingesp.csv", 10, "2022-03-24…2022-12-31", "2.83"],
    ["mint.csv", 4, "2015-06-12…2015-06-14", "-1000.00"],
    ["mint_headerless.csv", 4, "2015-06-12…2015-06-14", "-1000.00"],
    ["n26-fr.csv", 2, "2020-03-07…2020-03-07", "328.00"],
    ["payoneer.csv", 2, "2021-05-03…2021-05-03", "-100"],
    ["pcmastercard.csv", 2, "2018-12-15…2019-01-10", "-36.33"],
    ["schwab-checking.csv", 4, "2022-08-04…2022-08-17", "20.00"],
    ["schwab-checking-baltest-case1.csv", 4, "2022-08-04…2022-08-17", "20.00"],
    ["schwab-checking-baltest-case7.csv", 2, "2022-08-17…2022-08-17", "-20.00"],
    ["stripe-default.csv", 5, "2021-02-02…2021-03-16", "25.00"],
  ] as const) {
    withSample(`bank/csv/${file}`, `sample: ${file}`, async (input) => {
      expect(await summary(input)).to.match(new RegExp(`^bank-csv .*transactions=${transactions} ${range}$`));
      expect((await bridgeAll(bankCsv, input)).records["transactions"]?.[0]).to.include({ amount });
    });
  }
  for (const path of ["netflix", "reddit", "linkedin", "spotify", "discord"]) {
    withSample(path, `sample: ${path} is not a bank's`, async (input) => {
      expect(await bankCsv.detect(inspectInput(input))).to.equal(0);
    });
  }
});
