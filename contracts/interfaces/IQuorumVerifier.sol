// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EvidenceResult} from "../types/EvidenceResult.sol";
import {IEvidenceVerifier} from "./IEvidenceVerifier.sol";
import {IPlatformJudge} from "./IPlatformJudge.sol";

/// @title Evidence that a quorum of verifier nodes has checked
/// @notice For AWS Nitro and AMD SEV-SNP, whose signatures (P-384) a contract cannot afford to check. Trusts that fewer than
/// the threshold of its members lie together.
interface IQuorumVerifier is IEvidenceVerifier, IPlatformJudge {
    event MemberAdded(address indexed member);
    event MemberRemoved(address indexed member);
    event PlatformBanned(bytes30 indexed platform);

    error ThresholdInvalid(uint256 got);
    error MemberInvalid(address member);
    error MembersTooMany(uint256 max);
    error MemberAlreadyAdded(address member);
    error MemberUnknown(address member);
    error QuorumMissing(uint256 got, uint256 wanted);
    error QuorumSignatureInvalid(uint256 index);
    error QuorumOrderInvalid(uint256 index);
    error ResultVendorInvalid(uint8 vendor);
    error ResultMeasurementMissing();
    error ResultTimesInvalid(uint40 verifiedAt, uint40 validUntil, uint256 timestamp);
    error ResultPlatformBanned(bytes30 platform);

    /// @dev Emits {MemberAdded}.
    ///
    /// Requirements:
    /// - The authority lets the caller.
    /// - Not zero and no member yet; there are at most {MAX_MEMBERS}.
    function addMember(address member) external;

    /// @notice What it has signed counts no more, from now on.
    /// @dev Emits {MemberRemoved}.
    ///
    /// Requirements:
    /// - The authority lets the caller.
    /// - A member.
    function removeMember(address member) external;

    /// @notice Evidence of this machine is refused, and its keys end when they are poked.
    /// @dev Emits {PlatformBanned}.
    /// @param platform first 30 bytes of {EvidenceResult} `platform`.
    ///
    /// Requirements:
    /// - The authority lets the caller.
    function banPlatform(bytes30 platform) external;

    /// @notice How many members must say the same.
    function THRESHOLD() external view returns (uint256);

    /// @notice Most members that there may be.
    function MAX_MEMBERS() external view returns (uint256);
    function memberCount() external view returns (uint256);
    function isMember(address account) external view returns (bool);
    function isPlatformBanned(bytes30 platform) external view returns (bool);

    /// @notice EIP-712 digest that members sign.
    function resultDigest(EvidenceResult memory result) external view returns (bytes32);
}
