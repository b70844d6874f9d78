const t=performance.now(); const c=process.cpuUsage();
const which=process.argv[2];
if(which==="all") await import("@persona-protocol/sdk/ingest");
if(which==="x") { await import("../sdk/src/ingest/batches/batchWork.ts"); await import("../sdk/src/ingest/xArchive/xArchive.ts");}
if(which==="mbox") { await import("../sdk/src/ingest/batches/batchWork.ts"); await import("../sdk/src/ingest/mbox/mbox.ts");}
if(which==="health") { await import("../sdk/src/ingest/batches/batchWork.ts"); await import("../sdk/src/ingest/appleHealth/appleHealth.ts");}
if(which==="err") { await import("@persona-protocol/sdk/errors");}
const u=process.cpuUsage(c);
console.log(which, performance.now()-t|0, (u.user+u.system)/1000|0, process.memoryUsage().rss/1e6|0);
