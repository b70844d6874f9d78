// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IEvidenceVerifier} from "../../../contracts/interfaces/IEvidenceVerifier.sol";
import {EnclaveBinding} from "../../../contracts/types/EnclaveBinding.sol";
import {NodeId} from "../../../contracts/types/Ids.sol";
import {NodeKit} from "./NodeKit.sol";
import {StubVerifier} from "./StubVerifier.sol";
import {vm} from "./Vm.sol";

/// @dev Keys added to the first node, by evidence of any kind.
abstract contract KeyKit is NodeKit {
    address internal immutable GUARDIAN = vm.addr(GUARDIAN_KEY);

    function add(NodeId id, EnclaveBinding memory binding, bytes memory evidence, IEvidenceVerifier by) internal {
        uint256 key = binding.signer == GUARDIAN ? GUARDIAN_KEY : OWNER_KEY;
        bytes memory possession = signature(key, nodes.bindingDigest(binding));
        vm.prank(OPERATOR);
        nodes.addEnclaveKey(id, binding, evidence, by, possession);
    }

    function expectAdd(NodeId id, EnclaveBinding memory binding, bytes memory wanted) internal {
        bytes memory evidence = makeEvidence(MEASUREMENT, makeReport(binding, 0));
        bytes memory possession = signature(GUARDIAN_KEY, nodes.bindingDigest(binding));
        vm.expectRevert(wanted);
        vm.prank(OPERATOR);
        nodes.addEnclaveKey(id, binding, evidence, verifier, possession);
    }

    function allowStub(uint8 kind) internal returns (StubVerifier stub) {
        stub = new StubVerifier(kind, false);
        nodes.allowVerifier(stub);
    }

    function stubEvidence(EnclaveBinding memory binding, uint40 validUntil, uint8 vendor)
        internal
        view
        returns (bytes memory)
    {
        return abi.encode(MEASUREMENT, makeReport(binding, 0), validUntil, vendor);
    }
}
