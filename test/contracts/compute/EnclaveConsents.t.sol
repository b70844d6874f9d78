// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {INodeRegistry, KeyState} from "../../../contracts/interfaces/INodeRegistry.sol";
import {EnclaveBinding, KEY_WORKER} from "../../../contracts/types/EnclaveBinding.sol";
import {NodeId} from "../../../contracts/types/Ids.sol";
import {KeyKit} from "../helpers/KeyKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev A relayer pays for a key, and the operator has only signed.
contract EnclaveConsentsTest is KeyKit {
    uint256 private constant OPERATOR_KEY = 0xd001;

    address private immutable SIGNING = vm.addr(OPERATOR_KEY);

    NodeId private id;

    function setUp() public override {
        super.setUp();
        id = registerNode(SIGNING, 7, 0);
    }

    function test_addEnclaveKeyBySig() public {
        EnclaveBinding memory binding = makeBinding(SIGNING, OWNER_KEY, KEY_WORKER);
        uint40 deadline = uint40(block.timestamp);
        bytes memory consent = consentOf(OPERATOR_KEY, binding, deadline);
        addBySig(binding, deadline, consent, 0);
        yes(nodes.enclaveKeyOf(OWNER).state == KeyState.Active);
    }

    function test_Attack_RelayerSwapsOperator() public {
        // The relayer has a node of its own, and another's evidence.
        EnclaveBinding memory binding = makeBinding(STRANGER, OWNER_KEY, KEY_WORKER);
        uint40 deadline = uint40(block.timestamp);
        bytes memory consent = consentOf(OPERATOR_KEY, binding, deadline);
        addBySig(binding, deadline, consent, INodeRegistry.BindingOperatorMismatch.selector);
    }

    function test_Attack_ConsentIsForAnotherBinding() public {
        EnclaveBinding memory binding = makeBinding(SIGNING, OWNER_KEY, KEY_WORKER);
        uint40 deadline = uint40(block.timestamp);
        bytes memory consent = consentOf(OPERATOR_KEY, binding, deadline);
        binding.epoch = 2;
        addBySig(binding, deadline, consent, INodeRegistry.ConsentSignatureInvalid.selector);
    }

    function test_Attack_ConsentOfAnotherAccount() public {
        EnclaveBinding memory binding = makeBinding(SIGNING, OWNER_KEY, KEY_WORKER);
        uint40 deadline = uint40(block.timestamp);
        bytes memory consent = consentOf(OWNER_KEY, binding, deadline);
        addBySig(binding, deadline, consent, INodeRegistry.ConsentSignatureInvalid.selector);
        addBySig(binding, deadline, "", INodeRegistry.ConsentSignatureInvalid.selector);
    }

    function test_Attack_ConsentForAnotherDeadline() public {
        EnclaveBinding memory binding = makeBinding(SIGNING, OWNER_KEY, KEY_WORKER);
        bytes memory consent = consentOf(OPERATOR_KEY, binding, uint40(START - 1));
        addBySig(binding, uint40(START - 1), consent, INodeRegistry.ConsentExpired.selector);
        addBySig(binding, uint40(START), consent, INodeRegistry.ConsentSignatureInvalid.selector);
    }

    function test_RevertWhen_ConsentIsForAnUnknownNode() public {
        EnclaveBinding memory binding = makeBinding(SIGNING, OWNER_KEY, KEY_WORKER);
        id = NodeId.wrap(9);
        addBySig(binding, uint40(START), "", INodeRegistry.ConsentSignatureInvalid.selector);
    }

    function testFuzz_addEnclaveKeyBySig_WithinItsDeadline(uint40 deadline) public {
        EnclaveBinding memory binding = makeBinding(SIGNING, OWNER_KEY, KEY_WORKER);
        bytes memory consent = consentOf(OPERATOR_KEY, binding, deadline);
        addBySig(binding, deadline, consent, deadline < START ? INodeRegistry.ConsentExpired.selector : bytes4(0));
    }

    function consentOf(uint256 key, EnclaveBinding memory binding, uint40 deadline)
        private
        view
        returns (bytes memory)
    {
        bytes32 digest = measurements.consentDigest(address(nodes), id, nodes.hashBinding(binding), deadline);
        bytes32 wanted = keccak256(
            abi.encode(
                keccak256("KeyConsent(uint32 nodeId,bytes32 bindingHash,uint40 deadline)"),
                id,
                nodes.hashBinding(binding),
                deadline
            )
        );
        eq(digest, typedDigest("Persona NodeRegistry", address(nodes), wanted));
        return signature(key, digest);
    }

    function addBySig(EnclaveBinding memory binding, uint40 deadline, bytes memory consent, bytes4 wanted) private {
        bytes memory evidence = makeEvidence(MEASUREMENT, makeReport(binding, 0));
        bytes memory possession = signature(OWNER_KEY, nodes.bindingDigest(binding));
        if (wanted != 0) vm.expectPartialRevert(wanted);
        vm.prank(STRANGER);
        nodes.addEnclaveKeyBySig(id, binding, evidence, verifier, possession, deadline, consent);
    }
}
