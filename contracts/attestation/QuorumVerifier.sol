// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ECDSA} from "@openzeppelin/contracts/utils/cryptography/ECDSA.sol";
import {EIP712} from "@openzeppelin/contracts/utils/cryptography/EIP712.sol";
import {IEvidenceVerifier} from "../interfaces/IEvidenceVerifier.sol";
import {IPlatformJudge} from "../interfaces/IPlatformJudge.sol";
import {IQuorumVerifier} from "../interfaces/IQuorumVerifier.sol";
import {EvidenceResult, EvidenceResultLib} from "../types/EvidenceResult.sol";

/// @title QuorumVerifier
/// @dev evidence = abi.encode(EvidenceResult result, bytes[] signatures), the signers ascending by address. A platform, for
/// {recheck}, is the first 30 bytes of the result's.
contract QuorumVerifier is IQuorumVerifier, AccessManaged, EIP712 {
    using EvidenceResultLib for EvidenceResult;

    /// @inheritdoc IQuorumVerifier
    uint256 public constant MAX_MEMBERS = 32;

    /// @dev A member's clock may be ahead of the chain's by so much.
    uint256 private constant CLOCK_SKEW = 60;
    /// @dev Within which a result must be on the chain.
    uint256 private constant MAX_AGE = 600;
    uint256 private constant MAX_LIFETIME = 7 days;
    uint8 private constant VENDOR_AMD = 2;
    uint8 private constant VENDOR_AWS = 3;
    uint8 private constant KIND_QUORUM = 2;

    /// @inheritdoc IQuorumVerifier
    uint256 public immutable THRESHOLD;

    /// @inheritdoc IQuorumVerifier
    uint256 public memberCount;
    /// @inheritdoc IQuorumVerifier
    mapping(address account => bool) public isMember;
    /// @inheritdoc IQuorumVerifier
    mapping(bytes30 platform => bool) public isPlatformBanned;

    constructor(address authority, uint256 threshold)
        AccessManaged(authority)
        EIP712("Persona QuorumVerifier", "1")
    {
        if (threshold == 0 || threshold > MAX_MEMBERS) revert ThresholdInvalid(threshold);
        THRESHOLD = threshold;
    }

    /// @inheritdoc IQuorumVerifier
    function addMember(address member) external restricted {
        if (member == address(0)) revert MemberInvalid(member);
        if (isMember[member]) revert MemberAlreadyAdded(member);
        if (memberCount == MAX_MEMBERS) revert MembersTooMany(MAX_MEMBERS);
        ++memberCount;
        isMember[member] = true;
        emit MemberAdded(member);
    }

    /// @inheritdoc IQuorumVerifier
    function removeMember(address member) external restricted {
        if (!isMember[member]) revert MemberUnknown(member);
        --memberCount;
        isMember[member] = false;
        emit MemberRemoved(member);
    }

    /// @inheritdoc IQuorumVerifier
    function banPlatform(bytes30 platform) external restricted {
        isPlatformBanned[platform] = true;
        emit PlatformBanned(platform);
    }

    /// @inheritdoc IEvidenceVerifier
    function verify(bytes calldata evidence)
        external
        view
        returns (bytes32 measurement, bytes memory reportData, uint40 validUntil, uint8 vendor, bytes30 platform)
    {
        (EvidenceResult memory result, bytes[] memory signatures) =
            abi.decode(evidence, (EvidenceResult, bytes[]));
        _requireResult(result);
        _requireQuorum(resultDigest(result), signatures);
        reportData = abi.encodePacked(result.reportDataHi, result.reportDataLo);
        return (result.measurement, reportData, result.validUntil, result.vendor, bytes30(result.platform));
    }

    /// @inheritdoc IEvidenceVerifier
    function judge() external view returns (IPlatformJudge) {
        return this;
    }

    /// @inheritdoc IPlatformJudge
    function recheck(bytes30 platform) external view returns (uint40) {
        return isPlatformBanned[platform] ? 0 : type(uint40).max;
    }

    /// @inheritdoc IEvidenceVerifier
    function kind() external pure returns (uint8) {
        return KIND_QUORUM;
    }

    /// @inheritdoc IEvidenceVerifier
    function simulated() external pure returns (bool) {
        return false;
    }

    /// @inheritdoc IQuorumVerifier
    function resultDigest(EvidenceResult memory result) public view returns (bytes32) {
        return _hashTypedDataV4(result.hashStruct());
    }

    function _requireResult(EvidenceResult memory result) private view {
        if (result.vendor != VENDOR_AMD && result.vendor != VENDOR_AWS) revert ResultVendorInvalid(result.vendor);
        if (result.measurement == 0) revert ResultMeasurementMissing();
        uint256 verifiedAt = result.verifiedAt;
        bool timely = verifiedAt <= block.timestamp + CLOCK_SKEW && block.timestamp <= verifiedAt + MAX_AGE
            && result.validUntil > verifiedAt && result.validUntil <= verifiedAt + MAX_LIFETIME;
        if (!timely) revert ResultTimesInvalid(result.verifiedAt, result.validUntil, block.timestamp);
        bytes30 platform = bytes30(result.platform);
        if (isPlatformBanned[platform]) revert ResultPlatformBanned(platform);
    }

    function _requireQuorum(bytes32 digest, bytes[] memory signatures) private view {
        if (signatures.length < THRESHOLD || signatures.length > MAX_MEMBERS) {
            revert QuorumMissing(signatures.length, THRESHOLD);
        }
        address last = address(0);
        for (uint256 i = 0; i < signatures.length; ++i) {
            (address signer, ECDSA.RecoverError problem,) = ECDSA.tryRecover(digest, signatures[i]);
            if (problem != ECDSA.RecoverError.NoError || !isMember[signer]) revert QuorumSignatureInvalid(i);
            if (signer <= last) revert QuorumOrderInvalid(i);
            last = signer;
        }
    }
}
