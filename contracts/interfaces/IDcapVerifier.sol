// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IEvidenceVerifier} from "./IEvidenceVerifier.sol";
import {IPckRegistry} from "./IPckRegistry.sol";

/// @title Quotes of Intel TDX and SGX
/// @notice Evidence is a quote without its certificates, which the registry knows.
interface IDcapVerifier is IEvidenceVerifier {
    error QuoteMalformed(uint256 length);
    error QuoteSignatureInvalid();
    error QuoteKeyNotVouchedFor();
    error QeSignatureInvalid();
    error QeIdentityInvalid(bytes32 mrSigner, uint16 isvProdId);
    error QuoteInDebugMode();
    error QuoteAttributesInvalid(bytes8 attributes);
    error QuoteModuleInvalid();
    error QuoteServiceTd();
    error PckNotValid(bytes32 keyId, uint40 validUntil);
    error TcbNotValid(bytes32 keyId, uint40 validUntil);

    /// @notice Whether this chain checks the signatures of quotes by its precompile.
    function isPrecompiled() external view returns (bool);

    /// @notice Platforms, and what they must have.
    function PCKS() external view returns (IPckRegistry);
}
