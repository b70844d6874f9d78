// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {INodeRegistry} from "../../../contracts/interfaces/INodeRegistry.sol";
import {EnclaveBinding, KEY_GUARDIAN} from "../../../contracts/types/EnclaveBinding.sol";
import {KeyKit} from "../helpers/KeyKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev What an enclave says of its own key, and where that is not taken.
contract EnclaveBindingsTest is KeyKit {
    /// Of EIP-2935.
    address private constant BLOCK_HASHES = 0x0000F90827F1C53a10cb7A02335B175320002935;

    function test_addEnclaveKey_OfTheOldestBlock() public {
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        bytes32 hash = keccak256("old block");
        vm.setBlockhash(block.number - 256, hash);
        binding.blockNumber = uint64(block.number - 256);
        binding.blockHash = hash;
        add(nodeId, binding, makeEvidence(MEASUREMENT, makeReport(binding, 0)), verifier);
        yes(nodes.enclaveKeyOf(GUARDIAN).nodeId == nodeId);
    }

    /// Older than 256 blocks: the contract of EIP-2935 is asked for this block, and must answer with one word.
    function test_addEnclaveKey_OfABlockThatTheHistoryKnows() public {
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        vm.roll(block.number + 1000);
        binding.blockNumber = uint64(block.number - 999);
        // Its last byte is zero, so that 31 bytes of it read as the whole.
        binding.blockHash = bytes32(bytes31(keccak256("a block of long ago")));
        bytes memory word = abi.encodePacked(hex"7f", binding.blockHash, hex"5f52");
        for (uint256 i = 0; i < 5; ++i) {
            if (i == 0) vm.etch(BLOCK_HASHES, "");
            if (i == 1) vm.etch(BLOCK_HASHES, abi.encodePacked(word, hex"60205ffd")); // reverts with it
            if (i == 2) vm.etch(BLOCK_HASHES, abi.encodePacked(word, hex"60405ff3")); // two words
            if (i == 3) vm.etch(BLOCK_HASHES, abi.encodePacked(word, hex"601f5ff3")); // 31 bytes
            if (i == 4) vm.etch(BLOCK_HASHES, hex"365f5f37365f205f5260205ff3"); // another block's hash
            expectBlockUnknown(binding);
        }
        // What is there now answers with the hash of the question.
        binding.blockHash = keccak256(abi.encode(binding.blockNumber));
        add(nodeId, binding, makeEvidence(MEASUREMENT, makeReport(binding, 0)), verifier);
        yes(nodes.enclaveKeyOf(GUARDIAN).nodeId == nodeId);
    }

    function test_RevertWhen_BindingNamesAnotherChain() public {
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        binding.chainId = 1;
        expectAdd(
            nodeId,
            binding,
            abi.encodeWithSelector(INodeRegistry.BindingChainMismatch.selector, GUARDIAN, 1, block.chainid)
        );
    }

    function test_RevertWhen_BindingNamesAnotherRegistry() public {
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        binding.registry = STRANGER;
        expectAdd(
            nodeId,
            binding,
            abi.encodeWithSelector(
                INodeRegistry.BindingRegistryMismatch.selector, GUARDIAN, STRANGER, address(nodes)
            )
        );
    }

    function test_RevertWhen_BindingNamesAnotherOperator() public {
        EnclaveBinding memory binding = makeBinding(STRANGER, GUARDIAN_KEY, KEY_GUARDIAN);
        expectAdd(
            nodeId,
            binding,
            abi.encodeWithSelector(INodeRegistry.BindingOperatorMismatch.selector, GUARDIAN, STRANGER, OPERATOR)
        );
    }

    /// No signature is the zero address's, and one that cannot be recovered is nobody's.
    function test_RevertWhen_BindingIsOfNobodyAndUnsigned() public {
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        binding.signer = address(0);
        bytes memory evidence = makeEvidence(MEASUREMENT, makeReport(binding, 0));
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.BindingSignatureInvalid.selector, address(0)));
        vm.prank(OPERATOR);
        nodes.addEnclaveKey(nodeId, binding, evidence, verifier, new bytes(65));
    }

    function test_RevertWhen_BindingHasNoKemKey() public {
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        binding.kemKeyHash = 0;
        expectAdd(
            nodeId, binding, abi.encodeWithSelector(INodeRegistry.BindingKemKeyMissing.selector, GUARDIAN)
        );
    }

    function test_RevertWhen_BindingsBlockIsNotThatBlock() public {
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        binding.blockHash = "another";
        expectBlockUnknown(binding);
    }

    function test_RevertWhen_BindingsBlockIsTooOld() public {
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        vm.roll(block.number + 256);
        expectBlockUnknown(binding);
    }

    function test_RevertWhen_BindingsBlockHashIsZero() public {
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        binding.blockNumber = uint64(block.number + 5);
        binding.blockHash = 0;
        expectBlockUnknown(binding);
    }

    function test_RevertWhen_PossessionIsNotProved() public {
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        bytes memory evidence = makeEvidence(MEASUREMENT, makeReport(binding, 0));
        bytes memory possession = signature(WORKER_KEY, nodes.bindingDigest(binding));
        vm.startPrank(OPERATOR);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.BindingSignatureInvalid.selector, GUARDIAN));
        nodes.addEnclaveKey(nodeId, binding, evidence, verifier, possession);
        vm.expectRevert(abi.encodeWithSelector(INodeRegistry.BindingSignatureInvalid.selector, GUARDIAN));
        nodes.addEnclaveKey(nodeId, binding, evidence, verifier, "");
    }

    function test_Attack_BindingOfAnotherChainIsReplayed() public {
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        bytes memory evidence = makeEvidence(MEASUREMENT, makeReport(binding, 0));
        bytes memory possession = signature(GUARDIAN_KEY, nodes.bindingDigest(binding));
        vm.chainId(1337);
        vm.expectRevert(
            abi.encodeWithSelector(INodeRegistry.BindingChainMismatch.selector, GUARDIAN, 31337, 1337)
        );
        vm.prank(OPERATOR);
        nodes.addEnclaveKey(nodeId, binding, evidence, verifier, possession);
    }

    function testFuzz_bindingDigest(EnclaveBinding memory binding) public view {
        bytes32 bindingType = keccak256(
            bytes.concat(
                "EnclaveBinding(uint256 chainId,address registry,address signer,bytes32 kemKeyHash,address operator,",
                "uint8 keyClass,uint64 blockNumber,bytes32 blockHash,uint64 epoch)"
            )
        );
        bytes32 hash = keccak256(abi.encode(bindingType, binding));
        eq(nodes.hashBinding(binding), hash);
        eq(nodes.bindingDigest(binding), typedDigest("Persona NodeRegistry", address(nodes), hash));
    }

    function testFuzz_RevertWhen_BindingChanges(uint8 field, uint64 value) public {
        EnclaveBinding memory signed = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        bytes memory evidence = makeEvidence(MEASUREMENT, makeReport(signed, 0));
        bytes memory possession = signature(GUARDIAN_KEY, nodes.bindingDigest(signed));
        EnclaveBinding memory binding = makeBinding(OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        field %= 9;
        if (field == 0) binding.chainId = value;
        if (field == 1) binding.registry = address(uint160(value));
        if (field == 2) binding.signer = address(uint160(value));
        if (field == 3) binding.kemKeyHash = bytes32(uint256(value));
        if (field == 4) binding.operator = address(uint160(value));
        if (field == 5) binding.keyClass = uint8(value);
        if (field == 6) binding.blockNumber = value;
        if (field == 7) binding.blockHash = bytes32(uint256(value));
        if (field == 8) binding.epoch = value;
        vm.assume(nodes.hashBinding(binding) != nodes.hashBinding(signed));
        vm.expectRevert();
        vm.prank(OPERATOR);
        nodes.addEnclaveKey(nodeId, binding, evidence, verifier, possession);
    }

    function expectBlockUnknown(EnclaveBinding memory binding) private {
        expectAdd(
            nodeId,
            binding,
            abi.encodeWithSelector(
                INodeRegistry.BindingBlockUnknown.selector, GUARDIAN, binding.blockNumber, binding.blockHash
            )
        );
    }
}
