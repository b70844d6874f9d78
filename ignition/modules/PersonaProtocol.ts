import { protocolModule } from "../../node/src/deploy/protocolModule.ts";

/** For `hardhat ignition visualize`, `status` and `transactions`. `npm run deploy` deploys: it predicts, checks and resumes. */
export default protocolModule({ simulated: false });
