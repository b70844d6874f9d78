// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IJobMarket} from "../../../contracts/interfaces/IJobMarket.sol";
import {INodeRegistry, KeyState, NodeStatus} from "../../../contracts/interfaces/INodeRegistry.sol";
import {EnclaveBinding, KEY_GUARDIAN, KEY_WORKER} from "../../../contracts/types/EnclaveBinding.sol";
import {NodeId} from "../../../contracts/types/Ids.sol";
import {vm} from "../helpers/Vm.sol";
import {RequesterSteps} from "./RequesterSteps.sol";

/// @dev Four operators come, stake, renew keys, drain, resume and leave; everyone takes out what it is owed.
abstract contract NodeSteps is RequesterSteps {
    uint256 private constant MAX_NODES = 12;

    function stepOfNode(uint256 dice) internal {
        uint256 what = dice % 24;
        dice = toss(dice);
        uint256 who = dice % OPERATORS;
        if (what < 2) addStake(who, dice >> 8);
        else if (what < 4) call("refreshWeight", who, NodeStatus.Active, INodeRegistry.refreshWeight.selector, dice);
        else if (what == 4) drainNode(who, dice);
        else if (what < 7) resumeNode(who, dice);
        else if (what == 7) requestExit(who);
        else if (what < 10) withdrawStake(who, dice);
        else if (what < 12) comeBack(who, dice);
        else if (what < 15) addKey(who, dice % 16 < 8, codes[(dice >> 8) % codes.length], (dice >> 16) % 16 == 0);
        else if (what == 15) drainKey(who, dice);
        else if (what == 16) destroyKey(who, dice);
        else if (what < 21) withdraw(dice);
        else withdrawCompensation(dice);
    }

    function joinNode(uint256 who) internal {
        registerNode(operatorOf(who), 7, uint96(STAKE));
        stakedIn += STAKE;
        nodeBooks.push();
        NodeBook storage node = nodeBooks[nodeBooks.length - 1];
        nodeIdOf[who] = uint32(nodeBooks.length - 1);
        (node.operator, node.status, node.stake) = (operatorOf(who), NodeStatus.Active, STAKE);
        look(nodeBooks.length - 1);
    }

    /// @dev What the chain says of a node's weight now.
    function look(uint256 id) internal {
        nodeBooks[id].seenWeight = nodes.nodeOf(NodeId.wrap(uint32(id))).weight;
        nodeBooks[id].seenSince = nodes.nodeOf(NodeId.wrap(uint32(id))).weightSince;
    }

    /// @dev Mostly an operator sees to it that it can work before it tries.
    function makeReady(uint256 who, uint256 dice) internal {
        NodeBook storage node = nodeBooks[nodeIdOf[who]];
        bool bonded = node.stake >= (node.openClaims + 1) * BOND;
        if ((isFresh(workerOf[who]) && bonded) || dice % 8 == 0) return;
        if (node.status == NodeStatus.Draining) resumeNode(who, 0);
        if (node.status == NodeStatus.Exited) comeBack(who, dice);
        if (!bonded) addStake(who, STAKE);
        if (!isFresh(workerOf[who])) addKey(who, true, goodCode(), false);
    }

    /// @dev The newest code that is not banned; else one that is, and the key is refused.
    function goodCode() internal view returns (bytes32) {
        for (uint256 i = codes.length; i > 0; --i) {
            if (!banned[codes[i - 1]]) return codes[i - 1];
        }
        return codes[0];
    }

    // Nodes

    function call(bytes32 what, uint256 who, NodeStatus wanted, bytes4 selector, uint256 dice)
        private
        returns (bool)
    {
        bool stranger = dice % 16 == 1;
        bool may = !stranger && nodeBooks[nodeIdOf[who]].status == wanted;
        address caller = stranger ? operatorOf(who + 1) : operatorOf(who);
        return attempt(what, may, caller, address(nodes), abi.encodeWithSelector(selector, nodeIdOf[who]));
    }

    function addStake(uint256 who, uint256 dice) private {
        uint96 amount = uint96(dice % 16 == 0 && dice < STAKE ? 0 : 1 + dice % (2 * STAKE));
        NodeBook storage node = nodeBooks[nodeIdOf[who]];
        bool may = amount != 0 && (node.status == NodeStatus.Active || node.status == NodeStatus.Draining);
        token.mint(operatorOf(who), amount);
        vm.prank(operatorOf(who));
        token.approve(address(nodes), amount);
        bytes memory data = abi.encodeCall(INodeRegistry.addStake, (NodeId.wrap(nodeIdOf[who]), amount));
        if (!attempt("addStake", may, operatorOf(who), address(nodes), data)) return;
        node.stake += amount;
        stakedIn += amount;
    }

    function drainNode(uint256 who, uint256 dice) private {
        bool done = call("drain", who, NodeStatus.Active, INodeRegistry.drainNode.selector, dice);
        if (done) nodeBooks[nodeIdOf[who]].status = NodeStatus.Draining;
    }

    function resumeNode(uint256 who, uint256 dice) private {
        bool done = call("resume", who, NodeStatus.Draining, INodeRegistry.resumeNode.selector, dice);
        if (done) nodeBooks[nodeIdOf[who]].status = NodeStatus.Active;
    }

    function requestExit(uint256 who) private {
        NodeBook storage node = nodeBooks[nodeIdOf[who]];
        bool may = node.status == NodeStatus.Active || node.status == NodeStatus.Draining;
        bytes memory data = abi.encodeCall(INodeRegistry.requestExit, (NodeId.wrap(nodeIdOf[who])));
        if (!attempt("requestExit", may, operatorOf(who), address(nodes), data)) return;
        (node.status, node.exitAt) = (NodeStatus.Exiting, block.timestamp + 14 days);
    }

    function withdrawStake(uint256 who, uint256 dice) private {
        for (uint256 i = 0; i < OPERATORS; ++i) {
            if (nodeBooks[nodeIdOf[who]].status != NodeStatus.Exiting) who = (who + 1) % OPERATORS;
        }
        NodeBook storage node = nodeBooks[nodeIdOf[who]];
        bool exiting = node.status == NodeStatus.Exiting;
        if (exiting && (dice >> 8) % 2 == 0 && block.timestamp < node.exitAt) vm.warp(node.exitAt);
        bool may = exiting && block.timestamp >= node.exitAt && node.openClaims == 0;
        bytes memory data = abi.encodeCall(INodeRegistry.withdrawStake, (NodeId.wrap(nodeIdOf[who])));
        if (!attempt("withdrawStake", may, operatorOf(who), address(nodes), data)) return;
        stakedOut += node.stake;
        (node.status, node.stake) = (NodeStatus.Exited, 0);
    }

    /// @dev A node that has left never comes back; its operator does, with another.
    function comeBack(uint256 who, uint256 dice) private {
        bool gone = nodeBooks[nodeIdOf[who]].status == NodeStatus.Exited;
        if (nodeBooks.length > MAX_NODES || (!gone && dice % 16 != 0)) return;
        joinNode(who);
        addKey(who, true, goodCode(), false);
        addKey(who, false, goodCode(), false);
        ++countOf["register again"];
    }

    // Keys

    function addKey(uint256 who, bool worker, bytes32 code, bool forged) internal {
        uint256 secret = 0xf0000 + signers.length;
        bool may = !forged && !banned[code] && nodeBooks[nodeIdOf[who]].status == NodeStatus.Active;
        bytes memory data = keyCall(who, bindingOf(who, secret, worker), code, forged ? secret + 1 : secret);
        if (!attempt("addEnclaveKey", may, operatorOf(who), address(nodes), data)) return;
        address signer = vm.addr(secret);
        signers.push(signer);
        KeyBook storage key = keys[signer];
        (key.secret, key.code, key.state, key.guardian) = (secret, code, KeyState.Active, !worker);
        key.nodeId = NodeId.wrap(nodeIdOf[who]);
        key.openUntil = block.timestamp + (worker ? 7 days : 400 days);
        if (worker) workerOf[who] = signer;
        else guardianOf[who] = signer;
    }

    function keyCall(uint256 who, EnclaveBinding memory binding, bytes32 code, uint256 secret)
        private
        view
        returns (bytes memory)
    {
        bytes memory evidence = makeEvidence(code, makeReport(binding, 0));
        bytes memory possession = signature(secret, nodes.bindingDigest(binding));
        NodeId id = NodeId.wrap(nodeIdOf[who]);
        return abi.encodeCall(INodeRegistry.addEnclaveKey, (id, binding, evidence, verifier, possession));
    }

    function bindingOf(uint256 who, uint256 secret, bool worker) private returns (EnclaveBinding memory) {
        vm.setBlockhash(block.number - 1, keccak256(abi.encode("block", block.number - 1)));
        return EnclaveBinding({
            chainId: block.chainid,
            registry: address(nodes),
            signer: vm.addr(secret),
            kemKeyHash: "kem",
            operator: operatorOf(who),
            keyClass: worker ? KEY_WORKER : KEY_GUARDIAN,
            blockNumber: uint64(block.number - 1),
            blockHash: blockhash(block.number - 1),
            epoch: 1
        });
    }

    function drainKey(uint256 who, uint256 dice) private {
        address signer = dice % 4 == 0 ? guardianOf[who] : workerOf[who];
        bytes memory data = abi.encodeCall(INodeRegistry.drainEnclaveKey, (signer));
        bool may = keys[signer].state == KeyState.Active;
        if (attempt("drainKey", may, nodeOf(signer).operator, address(nodes), data)) {
            keys[signer].state = KeyState.Draining;
        }
    }

    /// @dev Seldom, and any key that there was.
    function destroyKey(uint256 who, uint256 dice) private {
        if ((dice >> 8) % 2 == 0) return;
        address signer = (dice >> 16) % 4 == 0 ? signers[(dice >> 24) % signers.length] : workerOf[who];
        bytes memory data = abi.encodeCall(INodeRegistry.destroyEnclaveKey, (signer));
        bool may = keys[signer].state != KeyState.Destroyed;
        if (attempt("destroyKey", may, nodeOf(signer).operator, address(nodes), data)) {
            keys[signer].state = KeyState.Destroyed;
        }
    }

    // Money out

    function withdraw(uint256 dice) private {
        uint256 money = dice % 3 == 0 ? 1 : 0;
        address account = people[(dice >> 8) % people.length];
        uint256 amount = market.balanceOf(address(monies[money]), account);
        uint256 before = monies[money].balanceOf(account);
        bytes memory data = abi.encodeCall(IJobMarket.withdraw, (address(monies[money])));
        if (!attempt("withdraw", amount != 0, account, address(market), data)) return;
        takenOut[money] += monies[money].balanceOf(account) - before;
        withdrawn[money][account] += amount;
    }

    function withdrawCompensation(uint256 dice) internal {
        address account = people[dice % people.length];
        for (uint256 i = 0; i < people.length && compensation[account] == 0; ++i) {
            account = people[(dice + i) % people.length];
        }
        uint256 before = token.balanceOf(account);
        bytes memory data = abi.encodeCall(INodeRegistry.withdrawCompensation, ());
        bool may = compensation[account] != 0;
        if (!attempt("withdrawCompensation", may, account, address(nodes), data)) return;
        stakedOut += token.balanceOf(account) - before;
        compensation[account] = 0;
    }

    function rollTo(uint256 number) internal {
        while (block.number < number) nextBlock();
    }

    /// @dev A chain that is run has the hashes of its blocks.
    function nextBlock() internal {
        uint256 number = block.number;
        vm.roll(number + 1);
        vm.setBlockhash(number, keccak256(abi.encode("block", number)));
    }
}
