import { appleHealth } from "./appleHealth/appleHealth.ts";
import { bankCsv } from "./bankCsv/bankCsv.ts";
import { camt } from "./camt/camt.ts";
import type { Connector } from "./connector.ts";
import { fit } from "./fit/fit.ts";
import { gpx } from "./gpx/gpx.ts";
import { mt940 } from "./mt940/mt940.ts";
import { ofx } from "./ofx/ofx.ts";
import { qif } from "./qif/qif.ts";
import { tcx } from "./tcx/tcx.ts";
import { xArchive } from "./xArchive/xArchive.ts";

/** Every connector there is. Adding one is one folder and one line here. */
export const connectors: readonly Connector[] = [xArchive, appleHealth, gpx, tcx, fit, camt, ofx, qif, mt940, bankCsv];
