// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IOwnerKeys, RecoveryPlan} from "../../../contracts/interfaces/IOwnerKeys.sol";
import {Check} from "./Check.sol";
import {vm} from "./Vm.sol";

/// @dev OwnerKeys alone, with one owner who has a second wallet and two people.
abstract contract OwnerKeysKit is Check {
    uint256 internal constant START = 1_800_000_000;
    uint32 internal constant DELAY = 3 days;
    uint256 internal constant OWNER_KEY = 0xa201;
    bytes32 internal constant ROOT = "root key";
    bytes32 internal constant DEVICE = "device";

    address internal immutable OWNER = vm.addr(OWNER_KEY);
    address internal constant SECOND = address(0xb201);
    address internal constant ANNA = address(0xb202);
    address internal constant BERT = address(0xb203);
    address internal constant STRANGER = address(0xb204);

    IOwnerKeys internal keys;

    /// @dev Not `setUp`: a handler that had one would be told to begin again in the middle of a run.
    function begin() internal {
        vm.warp(START);
        keys = deployOwnerKeys();
        vm.prank(OWNER);
        keys.setCustody(ROOT, planHash(), SECOND, DELAY, 1);
    }

    /// @dev From the artifact. `new` would compile the contract once more into every test.
    function deployOwnerKeys() internal returns (IOwnerKeys) {
        bytes memory code = vm.getCode("contracts/storage/OwnerKeys.sol:OwnerKeys");
        address made;
        assembly ("memory-safe") {
            made := create(0, add(code, 0x20), mload(code))
        }
        yes(made != address(0));
        return IOwnerKeys(made);
    }

    function makePlan() internal pure returns (RecoveryPlan memory plan) {
        plan.people = new address[](2);
        plan.people[0] = ANNA;
        plan.people[1] = BERT;
        plan.digest = "plan";
    }

    function planHash() internal pure returns (bytes32) {
        return keccak256(abi.encode(makePlan()));
    }

    function ask(address requester) internal {
        vm.prank(requester);
        keys.requestRecovery(OWNER, makePlan(), DEVICE);
    }

    function veto(address by, address requester) internal {
        vm.prank(by);
        keys.vetoRecovery(OWNER, requester);
    }

    function announce(bytes32 rootKeyId, address secondWallet, uint32 delay, uint32 version) internal {
        vm.prank(OWNER);
        keys.setCustody(rootKeyId, planHash(), secondWallet, delay, version);
    }

    function expect(bytes memory refusal) internal {
        vm.expectRevert(refusal);
    }
}
