import { appleHealth } from "./appleHealth/appleHealth.ts";
import type { Connector } from "./connector.ts";
import { fit } from "./fit/fit.ts";
import { gpx } from "./gpx/gpx.ts";
import { tcx } from "./tcx/tcx.ts";
import { xArchive } from "./xArchive/xArchive.ts";

/** Every connector there is. Adding one is one folder and one line here. */
export const connectors: readonly Connector[] = [xArchive, appleHealth, gpx, tcx, fit];
