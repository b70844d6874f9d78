/** Statements of any size in each bank format, in pieces: entry `i` is of day `i % 28 + 1`, every third one a credit. */

const day = (i: number): string => String((i % 28) + 1).padStart(2, "0");
const cents = (i: number): string => `${10 + (i % 990)}.${String(i % 100).padStart(2, "0")}`;
const isCredit = (i: number): boolean => i % 3 === 0;

export function* camtStatement(entries: number): Generator<string> {
  yield `<?xml version="1.0" encoding="UTF-8"?>\n<Document xmlns="urn:iso:std:iso:20022:tech:xsd:camt.053.001.08"><BkToCstmrStmt><GrpHdr><MsgId>M</MsgId></GrpHdr><Stmt><Id>S1</Id><Acct><Id><IBAN>NO9386011117947</IBAN></Id><Ccy>NOK</Ccy></Acct><Bal><Tp><CdOrPrtry><Cd>OPBD</Cd></CdOrPrtry></Tp><Amt Ccy="NOK">5.00</Amt><CdtDbtInd>DBIT</CdtDbtInd><Dt><Dt>2024-01-01</Dt></Dt></Bal>\n`;
  for (let i = 0; i < entries; i++) {
    yield `<Ntry><Amt Ccy="NOK">${cents(i)}</Amt><CdtDbtInd>${isCredit(i) ? "CRDT" : "DBIT"}</CdtDbtInd><Sts><Cd>BOOK</Cd></Sts><BookgDt><Dt>2024-01-${day(i)}</Dt></BookgDt><AcctSvcrRef>R${i}</AcctSvcrRef><NtryDtls><TxDtls><RltdPties><Dbtr><Pty><Nm>Ola</Nm></Pty></Dbtr><Cdtr><Pty><Nm>Shop &amp; Co</Nm></Pty></Cdtr></RltdPties><RmtInf><Ustrd>Rope ${i}</Ustrd></RmtInf></TxDtls></NtryDtls></Ntry>\n`;
  }
  yield `</Stmt></BkToCstmrStmt></Document>\n`;
}

export function* ofxStatement(entries: number): Generator<string> {
  yield `OFXHEADER:100\nDATA:OFXSGML\nVERSION:102\nENCODING:USASCII\nCHARSET:1252\n\n<OFX><BANKMSGSRSV1><STMTTRNRS><STMTRS><CURDEF>USD<BANKACCTFROM><BANKID>1<ACCTID>2<ACCTTYPE>CHECKING</BANKACCTFROM><BANKTRANLIST>\n`;
  for (let i = 0; i < entries; i++) {
    yield `<STMTTRN><TRNTYPE>${isCredit(i) ? "CREDIT" : "DEBIT"}<DTPOSTED>202401${day(i)}120000<TRNAMT>${isCredit(i) ? "" : "-"}${cents(i)}<FITID>F${i}<NAME>Shop &amp; Co<MEMO>Rope</STMTTRN>\n`;
  }
  yield `</BANKTRANLIST><LEDGERBAL><BALAMT>-5.00<DTASOF>20240131</LEDGERBAL></STMTRS></STMTTRNRS></BANKMSGSRSV1></OFX>\n`;
}

export function* qifRegister(entries: number): Generator<string> {
  yield `!Account\nNChecking\nTBank\n^\n!Type:Bank\n`;
  for (let i = 0; i < entries; i++)
    yield `D01/${day(i)}'24\nT${isCredit(i) ? "" : "-"}${cents(i)}\nPShop\nMRope ${i}\n^\n`;
}

export function* mt940Statement(entries: number): Generator<string> {
  yield `:20:START\r\n:25:NO9386011117947\r\n:28C:1/1\r\n:60F:D240101NOK5,00\r\n`;
  for (let i = 0; i < entries; i++) {
    yield `:61:2401${day(i)}01${day(i)}${isCredit(i) ? "C" : "D"}${cents(i).replace(".", ",")}NTRFNONREF//R${i}\r\n:86:166?00GIRO?20EREF+E${i}SVWZ+Rope?31DE14508800500194785000?32Shop\r\n`;
  }
  yield `:62F:C240131NOK7,00\r\n-\r\n`;
}

export function* bankCsvFile(entries: number): Generator<string> {
  yield `Bokføringsdato;Beløp;Beskrivelse;Saldo;Arkivref\r\n`;
  for (let i = 0; i < entries; i++) {
    yield `${day(i)}.01.2024;${isCredit(i) ? "" : "-"}${cents(i).replace(".", ",")};"Rope; ${i}";1.234,56;A${i}\r\n`;
  }
}
