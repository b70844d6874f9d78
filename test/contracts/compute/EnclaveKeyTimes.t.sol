// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC5267} from "@openzeppelin/contracts/interfaces/IERC5267.sol";
import {IEvidenceVerifier} from "../../../contracts/interfaces/IEvidenceVerifier.sol";
import {EnclaveKey, INodeRegistry} from "../../../contracts/interfaces/INodeRegistry.sol";
import {IPlatformJudge} from "../../../contracts/interfaces/IPlatformJudge.sol";
import {EnclaveBinding, KEY_GUARDIAN, KEY_WORKER} from "../../../contracts/types/EnclaveBinding.sol";
import {KeyKit} from "../helpers/KeyKit.sol";
import {StubVerifier} from "../helpers/StubVerifier.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Vouches for platforms of another name than StubVerifier's.
contract OtherPlatforms is IEvidenceVerifier, IPlatformJudge {
    uint8 public constant kind = 3;
    bool public constant simulated = false;
    bytes30 public constant PLATFORM = "another platform";

    function verify(bytes calldata evidence) external pure returns (bytes32, bytes memory, uint40, uint8, bytes30) {
        (bytes32 measurement, bytes memory reportData, uint40 validUntil, uint8 vendor) =
            abi.decode(evidence, (bytes32, bytes, uint40, uint8));
        return (measurement, reportData, validUntil, vendor, PLATFORM);
    }

    function recheck(bytes30 platform) external pure returns (uint40) {
        return platform == PLATFORM ? type(uint40).max : 0;
    }

    function judge() external view returns (IPlatformJudge) {
        return this;
    }
}

/// @dev Until when a key seals and opens, and who is asked about it.
contract EnclaveKeyTimesTest is KeyKit {
    function test_renewEnclaveKey_MovesBothTimes() public {
        vm.warp(START + 2 days);
        renew(WORKER_KEY, KEY_WORKER, verifier, type(uint40).max);
        EnclaveKey memory key = nodes.enclaveKeyOf(WORKER);
        eq(key.sealUntil, START + 9 days);
        eq(key.openUntil, START + 9 days);
        renew(WORKER_KEY, KEY_WORKER, verifier, uint40(START + 3 days));
        key = nodes.enclaveKeyOf(WORKER);
        eq(key.sealUntil, START + 3 days);
        eq(key.openUntil, START + 3 days);
    }

    /// From then on it is the new verifier's platform that is asked about, by the new verifier's judge.
    function test_renewEnclaveKey_OnAnotherPlatform() public {
        OtherPlatforms other = new OtherPlatforms();
        nodes.allowVerifier(other);
        renew(WORKER_KEY, KEY_WORKER, other, uint40(START + 5 days));
        eq(bytes32(nodes.enclaveKeyOf(WORKER).platform), bytes32(other.PLATFORM()));
        eq(nodes.poke(WORKER), START + 5 days);
        StubVerifier(address(verifier)).setStanding(0);
        eq(nodes.poke(WORKER), START + 5 days);
    }

    function test_poke_ShortensBothTimes() public {
        StubVerifier(address(verifier)).setStanding(uint40(START + 1 days));
        vm.expectEmit(address(nodes));
        emit INodeRegistry.EnclaveKeyShortened(nodeId, WORKER, uint40(START + 1 days), uint40(START + 1 days));
        nodes.poke(WORKER);
        EnclaveKey memory key = nodes.enclaveKeyOf(WORKER);
        eq(key.sealUntil, START + 1 days);
        eq(key.openUntil, START + 1 days);
        // Just as long: there is nothing to say.
        vm.recordLogs();
        eq(nodes.poke(WORKER), START + 1 days);
        eq(logsOf(address(nodes), INodeRegistry.EnclaveKeyShortened.selector), 0);
    }

    /// A guardian's key outlives what its platform has, and not a verifier whose word does not count any more.
    function test_poke_GuardianOfARemovedVerifier() public {
        addKey(nodeId, OPERATOR, GUARDIAN_KEY, KEY_GUARDIAN);
        uint40 openUntil = nodes.enclaveKeyOf(GUARDIAN).openUntil;
        StubVerifier(address(verifier)).setStanding(1);
        eq(nodes.poke(GUARDIAN), openUntil);
        nodes.removeVerifier(verifier);
        eq(nodes.poke(GUARDIAN), START);
        eq(nodes.enclaveKeyOf(GUARDIAN).sealUntil, START);
    }

    function test_eip712Domain_WithoutSaltAndExtensions() public view {
        (bytes1 fields,,,,, bytes32 salt, uint256[] memory extensions) = IERC5267(address(nodes)).eip712Domain();
        eq(bytes32(fields), bytes32(bytes1(0x0f)));
        eq(salt, 0);
        eq(extensions.length, 0);
    }

    function renew(uint256 signerKey, uint8 keyClass, IEvidenceVerifier by, uint40 until) private {
        EnclaveBinding memory binding = makeBinding(OPERATOR, signerKey, keyClass);
        bytes memory evidence = abi.encode(MEASUREMENT, makeReport(binding, 0), until, uint8(0));
        nodes.renewEnclaveKey(binding, evidence, by, signature(signerKey, nodes.bindingDigest(binding)));
    }
}
