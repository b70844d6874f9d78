// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EnclaveKeyStatus, INodeRegistry} from "../../../contracts/interfaces/INodeRegistry.sol";
import {EnclaveBinding, KEY_WORKER} from "../../../contracts/types/EnclaveBinding.sol";
import {NodeId} from "../../../contracts/types/Ids.sol";
import {NodePolicy} from "../../../contracts/types/NodePolicy.sol";
import {KeyKit} from "../helpers/KeyKit.sol";
import {StubVerifier} from "../helpers/StubVerifier.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev A key that a verifier of kind 3 and a vendor 2 vouch for, and policies that name both, or others.
contract EnclaveKeyVouchersTest is KeyKit {
    function setUp() public override {
        super.setUp();
        StubVerifier stub = allowStub(3);
        EnclaveBinding memory binding = makeBinding(OPERATOR, OWNER_KEY, KEY_WORKER);
        add(nodeId, binding, stubEvidence(binding, uint40(START + 1 days), 2), stub);
    }

    function test_keyStatusOf_SaysWhoVouches() public view {
        EnclaveKeyStatus memory status = nodes.keyStatusOf(OWNER);
        eq(status.verifierKind, 3);
        eq(status.vendor, 2);
    }

    function test_openClaim_WhereThePolicyNamesBoth() public {
        openClaim(OWNER, OPERATOR, NodeId.wrap(0), NodePolicy(1 << 3, 1 << 2, 0, false));
        eq(nodes.nodeOf(nodeId).openClaims, 1);
    }

    function test_RevertWhen_PolicyNamesOthers() public {
        uint32[4] memory kinds = [uint32(0), 1, ~uint32(1 << 3), 1 << 6];
        uint32[4] memory vendors = [uint32(0), 1, ~uint32(1 << 2), 1 << 4];
        for (uint256 i = 0; i < kinds.length; ++i) {
            refused(NodePolicy(kinds[i], 1 << 2, 0, false));
            refused(NodePolicy(1 << 3, vendors[i], 0, false));
        }
    }

    function refused(NodePolicy memory policy) private {
        vm.expectPartialRevert(INodeRegistry.ClaimPolicyMismatched.selector);
        openClaim(OWNER, OPERATOR, NodeId.wrap(0), policy);
    }
}
