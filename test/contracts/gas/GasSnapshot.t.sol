// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {JobParams} from "../../../contracts/types/JobParams.sol";
import {Receipt} from "../../../contracts/types/Receipt.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {Kit} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev What the main calls cost, with the code that is deployed: made via IR, read from artifacts/, not the code that the
/// other tests run. Each call is a transaction of its own, so cold slots, calldata and the 21,000 are in it.
/// A figure is that of the last call before `record`. `npm test` compares them with snapshot.json; `npm run gas:accept`
/// writes it.
/// hardhat-config: isolate = true
contract GasSnapshotTest is Kit {
    function test_Gas_registerDataset() public {
        registerDataset(OWNER, "another");
        record("DatasetRegistry", "registerDataset (2 records)");
    }

    function test_Gas_grant() public {
        giveGrant(makeTerms());
        record("GrantRegistry", "grant");
    }

    function test_Gas_revoke() public {
        Terms memory terms = makeTerms();
        giveGrant(terms);
        vm.prank(OWNER);
        grants.revoke(terms);
        record("GrantRegistry", "revoke");
    }

    function test_Gas_submitJob() public {
        openJob();
        record("JobMarket", "submitJob (1 input)");
    }

    function test_Gas_submitJob_EightInputs() public {
        Terms[] memory terms = giveGrants(8);
        JobParams memory params = makeParams(terms);
        submit(params, terms);
        record("JobMarket", "submitJob (8 inputs)");
    }

    function test_Gas_claimJob() public {
        claimedJob();
        record("JobMarket", "claimJob");
    }

    function test_Gas_settleJob() public {
        JobParams memory params = claimedJob();
        Receipt memory receipt = makeReceipt(params, 1, 0);
        settle(params, receipt, WORKER_KEY);
        record("JobMarket", "settleJob (success)");
    }

    function record(string memory group, string memory name) private {
        vm.snapshotGasLastCall(group, name);
    }

    function make(string memory layer, string memory name, bytes memory arguments) internal override returns (address) {
        string memory path = string.concat("artifacts/contracts/", layer, "/", name, ".sol/", name, ".json");
        return create(vm.parseJsonBytes(vm.readFile(path), ".bytecode"), arguments);
    }
}
