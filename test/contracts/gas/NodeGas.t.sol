// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EnclaveBinding, KEY_WORKER} from "../../../contracts/types/EnclaveBinding.sol";
import {NodeId} from "../../../contracts/types/Ids.sol";
import {Posted} from "../helpers/Kit.sol";
import {StubVerifier} from "../helpers/StubVerifier.sol";
import {vm} from "../helpers/Vm.sol";
import {GasKit} from "./GasKit.sol";

/// @dev What calls about nodes, their stakes and their keys cost. Evidence is a stub's here: `npm run -s bench -- attestation`
/// measures quotes.
/// hardhat-config: isolate = true
contract NodeGasTest is GasKit {
    string private constant NODES = "NodeRegistry";

    function test_Gas_Stakes() public {
        token.mint(OPERATOR, STAKE);
        vm.prank(OPERATOR);
        token.approve(address(nodes), STAKE);
        vm.prank(OPERATOR);
        nodes.addStake(nodeId, uint96(STAKE));
        record(NODES, "addStake");
        vm.prank(OPERATOR);
        nodes.refreshWeight(nodeId);
        record(NODES, "refreshWeight (as it was)");
        vm.prank(OPERATOR);
        nodes.setEndpoint(nodeId, "https://other.example");
        record(NODES, "setEndpoint");
        vm.prank(OPERATOR);
        nodes.drainNode(nodeId);
        record(NODES, "drainNode");
        vm.prank(OPERATOR);
        nodes.resumeNode(nodeId);
        record(NODES, "resumeNode");
        vm.prank(OPERATOR);
        nodes.requestExit(nodeId);
        record(NODES, "requestExit");
        vm.warp(START + 14 days);
        vm.prank(OPERATOR);
        nodes.withdrawStake(nodeId);
        record(NODES, "withdrawStake");
    }

    function test_Gas_registerNodeWithPermit() public {
        token.mint(OWNER, STAKE);
        bytes32 permitType =
            keccak256("Permit(address owner,address spender,uint256 value,uint256 nonce,uint256 deadline)");
        bytes32 hash = keccak256(abi.encode(permitType, OWNER, address(nodes), STAKE, 0, START + 1));
        (uint8 v, bytes32 r, bytes32 s) =
            vm.sign(OWNER_KEY, typedDigest("Persona Dev Token", address(token), hash));
        vm.prank(OWNER);
        nodes.registerNodeWithPermit(1, uint96(STAKE), "https://node.example", START + 1, v, r, s);
        record(NODES, "registerNodeWithPermit (first of its operator)");
    }

    function test_Gas_addEnclaveKeyBySig() public {
        NodeId id = registerNode(OWNER, 1, uint96(STAKE));
        EnclaveBinding memory binding = makeBinding(OWNER, 0xa0ff, KEY_WORKER);
        bytes memory evidence = makeEvidence(MEASUREMENT, makeReport(binding, 0));
        bytes memory possession = signature(0xa0ff, nodes.bindingDigest(binding));
        uint40 deadline = uint40(START + 1 hours);
        bytes32 consent = measurements.consentDigest(address(nodes), id, nodes.hashBinding(binding), deadline);
        bytes memory signed = signature(OWNER_KEY, consent);
        nodes.addEnclaveKeyBySig(id, binding, evidence, verifier, possession, deadline, signed);
        record(NODES, "addEnclaveKeyBySig (stub)");
    }

    function test_Gas_Keys() public {
        EnclaveBinding memory binding = makeBinding(OPERATOR, WORKER_KEY, KEY_WORKER);
        bytes memory evidence = makeEvidence(MEASUREMENT, makeReport(binding, 0));
        bytes memory possession = signature(WORKER_KEY, nodes.bindingDigest(binding));
        vm.warp(START + 1 days);
        nodes.renewEnclaveKey(binding, evidence, verifier, possession);
        record(NODES, "renewEnclaveKey (stub)");
        nodes.poke(WORKER);
        record(NODES, "poke (stub)");
        vm.prank(OPERATOR);
        nodes.drainEnclaveKey(WORKER);
        record(NODES, "drainEnclaveKey");
        nodes.freezeEnclaveKey(WORKER);
        record(NODES, "freezeEnclaveKey");
        nodes.unfreezeEnclaveKey(WORKER);
        record(NODES, "unfreezeEnclaveKey");
        vm.prank(OPERATOR);
        nodes.destroyEnclaveKey(WORKER);
        record(NODES, "destroyEnclaveKey");
    }

    function test_Gas_Slashes() public {
        loseAClaim("first");
        nodes.cancelSlash(1);
        record(NODES, "cancelSlash");
        loseAClaim("second");
        vm.warp(block.timestamp + 3 days);
        nodes.executeSlash(2);
        record(NODES, "executeSlash");
        vm.prank(REQUESTER);
        nodes.withdrawCompensation();
        record(NODES, "withdrawCompensation");
    }

    function test_Gas_NodeRules() public {
        StubVerifier other = new StubVerifier(3, false);
        nodes.allowVerifier(other);
        record(NODES, "allowVerifier");
        nodes.removeVerifier(other);
        record(NODES, "removeVerifier");
        nodes.pauseClaims(1 days);
        record(NODES, "pauseClaims");
        nodes.unpauseClaims();
        record(NODES, "unpauseClaims");
    }

    /// @dev A job of its own that the first node has claimed and never ends.
    function loseAClaim(bytes32 salt) private {
        Posted memory job = openJobOn(salt);
        claim(job);
        vm.warp(uint256(market.jobOf(job.id).dueBy) + 1);
        market.timeOutJob(job.id, job.params);
    }
}
