// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {KEY_WORKER} from "../../../contracts/types/EnclaveBinding.sol";
import {GrantHash} from "../../../contracts/types/Ids.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {Posted} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";
import {GasKit} from "./GasKit.sol";

/// @dev What the main calls cost.
/// hardhat-config: isolate = true
contract GasSnapshotTest is GasKit {
    function test_Gas_registerDataset() public {
        registerDataset(OWNER, "another");
        record("DatasetRegistry", "registerDataset (2 records)");
    }

    function test_Gas_grant() public {
        giveGrant(makeTerms());
        record("GrantRegistry", "grant");
    }

    function test_Gas_grantBySig() public {
        Terms memory terms = makeTerms();
        bytes memory signed = signature(OWNER_KEY, GrantHash.unwrap(grants.hashTerms(terms)));
        grants.grantBySig(terms, signed);
        record("GrantRegistry", "grantBySig");
    }

    function test_Gas_revoke() public {
        GrantHash grantHash = giveGrant(makeTerms());
        vm.prank(OWNER);
        grants.revoke(grantHash);
        record("GrantRegistry", "revoke");
    }

    function test_Gas_revokeAll() public {
        vm.prank(OWNER);
        grants.revokeAll();
        vm.prank(OWNER);
        grants.revokeAll();
        record("GrantRegistry", "revokeAll");
    }

    function test_Gas_submitJob() public {
        openJob();
        record("JobMarket", "submitJob (1 input)");
    }

    function test_Gas_submitJob_TenInputs() public {
        Terms[] memory terms = giveGrants(10);
        submit(makeRequest(terms), terms);
        record("JobMarket", "submitJob (10 inputs)");
    }

    function test_Gas_claimJob() public {
        claimedJob();
        record("JobMarket", "claimJob (no race)");
    }

    function test_Gas_settleJob() public {
        Posted memory job = claimedJob();
        settle(job, makeReceipt(job, 1, 0), WORKER_KEY);
        record("JobMarket", "settleJob (first receipt)");
    }

    function test_Gas_failJob() public {
        Posted memory job = claimedJob();
        settle(job, makeReceipt(job, 1, 1), WORKER_KEY);
        record("JobMarket", "failJob (proved, before release)");
    }

    function test_Gas_withdraw() public {
        settle(claimedJob(), 0);
        vm.prank(OWNER);
        market.withdraw(address(token));
        record("JobMarket", "withdraw (first tokens)");
    }

    function test_Gas_registerNode() public {
        registerNode(SECOND_OPERATOR, 1, uint96(STAKE));
        record("NodeRegistry", "registerNode (first of its operator)");
    }

    function test_Gas_addEnclaveKey() public {
        addKey(nodeId, OPERATOR, 0xa0ff, KEY_WORKER);
        record("NodeRegistry", "addEnclaveKey");
    }
}
