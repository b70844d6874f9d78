// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {JobStatus} from "../../contracts/interfaces/IJobMarket.sol";
import {Kit, Posted} from "./helpers/Kit.sol";

contract SmokeTest is Kit {
    function test_Road() public {
        Posted memory job = claimedJob();
        settle(job, 0);
        yes(market.jobOf(job.id).status == JobStatus.Settled);
        eq(owed(OPERATOR), FEE);
        eq(owed(OWNER), PRICE);
        eq(market.tokenOf(address(token)).collected, PROTOCOL_FEE);
    }
}
