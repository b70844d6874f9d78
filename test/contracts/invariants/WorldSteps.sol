// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IJobMarket} from "../../../contracts/interfaces/IJobMarket.sol";
import {IMeasurementPolicy} from "../../../contracts/interfaces/IMeasurementPolicy.sol";
import {INodeRegistry, KeyState, NodeStatus} from "../../../contracts/interfaces/INodeRegistry.sol";
import {NodeId} from "../../../contracts/types/Ids.sol";
import {vm} from "../helpers/Vm.sol";
import {ReceiptSteps} from "./ReceiptSteps.sol";

/// @dev Governance and whoever plays it, strangers, and time.
abstract contract WorldSteps is ReceiptSteps {
    // Governance

    function stepOfGovernance(uint256 dice) internal {
        uint256 what = dice % 20;
        dice = toss(dice);
        if (what < 2) allowMeasurement(dice);
        else if (what == 2) ban(dice);
        else if (what == 3) freeze(dice);
        else if (what < 7) unfreeze(dice);
        else if (what < 9) allowToken(dice);
        else if (what == 9) removeToken(dice);
        else if (what == 10) pause(dice);
        else if (what < 14) unpause(dice);
        else if (what < 17) cancelSlash(dice);
        else executeSlash(dice);
    }

    /// @dev One of sixteen times it is somebody else.
    function govern(bytes32 what, bool may, address target, bytes memory data, uint256 dice) private returns (bool) {
        bool stranger = (dice >> 240) % 16 == 0;
        return attempt(what, may && !stranger, stranger ? STRANGER : address(this), target, data);
    }

    function allowMeasurement(uint256 dice) private {
        bool again = dice % 4 == 0;
        bytes32 code = again ? codes[(dice >> 8) % codes.length] : keccak256(abi.encode("code", ++salt));
        bytes memory data = abi.encodeCall(IMeasurementPolicy.allow, (code));
        if (govern("allow", !again, address(measurements), data, dice)) codes.push(code);
    }

    function ban(uint256 dice) private {
        if (dice % 2 == 0) return;
        bytes32 code = codes[(dice >> 8) % codes.length];
        bytes memory data = abi.encodeCall(IMeasurementPolicy.ban, (code));
        if (govern("ban", !banned[code], address(measurements), data, dice)) banned[code] = true;
    }

    function freeze(uint256 dice) private {
        address signer = dice % 4 == 0 ? signers[(dice >> 8) % signers.length] : workerOf[(dice >> 8) % OPERATORS];
        KeyState state = keys[signer].state;
        bool may = state == KeyState.Active || state == KeyState.Draining;
        bytes memory data = abi.encodeCall(INodeRegistry.freezeEnclaveKey, (signer));
        if (govern("freeze", may, address(nodes), data, dice)) keys[signer].state = KeyState.Frozen;
    }

    function unfreeze(uint256 dice) private {
        address signer = signers[(dice >> 8) % signers.length];
        for (uint256 i = 0; i < signers.length && keys[signer].state != KeyState.Frozen; ++i) {
            signer = signers[i];
        }
        bool may = keys[signer].state == KeyState.Frozen;
        bytes memory data = abi.encodeCall(INodeRegistry.unfreezeEnclaveKey, (signer));
        if (govern("unfreeze", may, address(nodes), data, dice)) keys[signer].state = KeyState.Active;
    }

    function allowToken(uint256 dice) private {
        uint256 money = !allowed[0] ? 0 : !allowed[1] ? 1 : (dice >> 8) % MONIES;
        uint16 bps = uint16((dice >> 16) % 560);
        uint96 unit = money == 0 ? 1e16 : 0;
        bytes memory data = abi.encodeCall(IJobMarket.allowToken, (address(monies[money]), bps, unit));
        if (govern("allowToken", bps <= 500, address(market), data, dice)) allowed[money] = true;
    }

    function removeToken(uint256 dice) private {
        if (dice % 2 == 0) return;
        uint256 money = (dice >> 8) % MONIES;
        bytes memory data = abi.encodeCall(IJobMarket.removeToken, (address(monies[money])));
        if (govern("removeToken", allowed[money], address(market), data, dice)) allowed[money] = false;
    }

    function pause(uint256 dice) private {
        uint40 duration = uint40(dice % 4 == 0 ? (dice >> 8) % 4 days : (dice >> 8) % 1 hours);
        bool rested = pausedUntil == 0 || block.timestamp >= pausedUntil + 3 days;
        bytes memory data = abi.encodeCall(INodeRegistry.pauseClaims, (duration));
        if (govern("pause", duration <= 3 days && rested, address(nodes), data, dice)) {
            pausedUntil = block.timestamp + duration;
            if ((dice >> 40) % 2 == 0) unpause(toss(dice));
        }
    }

    function unpause(uint256 dice) private {
        bool may = block.timestamp < pausedUntil;
        bytes memory data = abi.encodeCall(INodeRegistry.unpauseClaims, ());
        if (govern("unpause", may, address(nodes), data, dice)) pausedUntil = block.timestamp;
    }

    function cancelSlash(uint256 dice) private {
        if (slashes.length == 0) return;
        uint256 id = pickSlash(dice, false);
        SlashBook storage slash = slashes[id - 1];
        bool may = !slash.over && block.timestamp < slash.executableAt;
        bytes memory data = abi.encodeCall(INodeRegistry.cancelSlash, (id));
        if (!govern("cancelSlash", may, address(nodes), data, dice)) return;
        NodeBook storage node = nodeBooks[NodeId.unwrap(slash.nodeId)];
        if (node.status == NodeStatus.Exited) compensation[node.operator] += slash.amount;
        else node.stake += slash.amount;
        slash.over = true;
    }

    // Strangers

    function stepOfStranger(uint256 dice) internal {
        uint256 what = dice % 8;
        dice = toss(dice);
        if (what < 2) sendToMarket(dice);
        else if (what == 2) sendToRegistry(dice);
        else if (what < 5) burn(dice);
        else if (what == 5) moveNode(dice);
        else executeSlash(dice);
    }

    function sendToMarket(uint256 dice) private {
        uint256 money = (dice >> 8) % MONIES;
        monies[money].mint(address(market), dice % 1e22);
        brought[money] += dice % 1e22;
        strayed[money] += dice % 1e22;
        ++countOf["send to market"];
    }

    function sendToRegistry(uint256 dice) private {
        token.mint(address(nodes), dice % 1e22);
        strayedStake += dice % 1e22;
        ++countOf["send to registry"];
    }

    function burn(uint256 dice) private {
        uint256 money = (dice >> 8) % MONIES;
        uint256 collected = market.tokenOf(address(monies[money])).collected;
        bytes memory data = abi.encodeCall(IJobMarket.burnProtocolFees, (address(monies[money])));
        if (!attempt("burn", collected != 0, STRANGER, address(market), data)) return;
        burnedFees[money] += collected;
        takenOut[money] += collected;
    }

    /// @dev By its operator, in every way there is.
    function moveNode(uint256 dice) private {
        uint256 who = dice % OPERATORS;
        address to = address(uint160(dice));
        uint256 id = nodeIdOf[who];
        bytes[4] memory tries = [
            abi.encodeWithSignature("transferFrom(address,address,uint256)", operatorOf(who), to, id),
            abi.encodeWithSignature("safeTransferFrom(address,address,uint256)", operatorOf(who), to, id),
            abi.encodeWithSignature("approve(address,uint256)", to, id),
            abi.encodeWithSignature("setApprovalForAll(address,bool)", to, true)
        ];
        if (attempt("move a node", false, operatorOf(who), address(nodes), tries[(dice >> 170) % 4])) tokenMoved = true;
    }

    function executeSlash(uint256 dice) private {
        if (slashes.length == 0) return;
        uint256 id = pickSlash(dice, true);
        // Those that pay somebody are few.
        for (uint256 i = 0; i < slashes.length && (dice >> 70) % 4 != 0; ++i) {
            if (!slashes[i].over && slashes[i].cost != 0) id = i + 1;
        }
        SlashBook storage slash = slashes[id - 1];
        if (dice % 2 == 0 && !slash.over && block.timestamp < slash.executableAt) vm.warp(slash.executableAt);
        bool may = !slash.over && block.timestamp >= slash.executableAt;
        bytes memory data = abi.encodeCall(INodeRegistry.executeSlash, (id));
        if (!attempt("executeSlash", may, STRANGER, address(nodes), data)) return;
        uint256 paid = slash.cost < slash.amount ? slash.cost : slash.amount;
        compensation[slash.victim] += paid;
        burnedStake += slash.amount - paid;
        stakedOut += slash.amount - paid;
        slash.over = true;
        if (paid == 0) return;
        ++countOf["compensate"];
        if ((dice >> 80) % 2 == 0) withdrawCompensation(dice);
    }

    /// @dev The oldest or newest that is not over; one of eight times any.
    function pickSlash(uint256 dice, bool oldest) private view returns (uint256 id) {
        for (uint256 i = 0; i < slashes.length && (dice >> 60) % 8 != 0; ++i) {
            uint256 which = oldest ? i : slashes.length - 1 - i;
            if (!slashes[which].over) return which + 1;
        }
        return 1 + (dice >> 20) % slashes.length;
    }

    // Time

    function stepOfTime(uint256 dice) internal {
        uint256 what = dice % 16;
        dice = toss(dice);
        if (what < 10) vm.warp(block.timestamp + 1 + dice % 20 minutes);
        else if (what < 15) vm.warp(block.timestamp + 1 + dice % 2 hours);
        else vm.warp(block.timestamp + 1 + dice % 4 days);
        uint256 blocks = (dice >> 100) % 16 == 0 ? 70 : 1 + (dice >> 110) % 4;
        rollTo(block.number + blocks);
    }
}
