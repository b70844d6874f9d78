// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Math} from "@openzeppelin/contracts/utils/math/Math.sol";
import {IDcapVerifier} from "../interfaces/IDcapVerifier.sol";
import {IEvidenceVerifier} from "../interfaces/IEvidenceVerifier.sol";
import {IPckRegistry} from "../interfaces/IPckRegistry.sol";
import {IPlatformJudge} from "../interfaces/IPlatformJudge.sol";
import {ITcbPolicy} from "../interfaces/ITcbPolicy.sol";
import {LiteQuote} from "./LiteQuote.sol";
import {P256Signature} from "./P256Signature.sol";

/// @title Quotes of Intel TDX and SGX
/// @dev evidence is a lite quote (LiteQuote). What a full quote has beside it, the chain knows already: certificates and lists of
/// revoked ones are with PckRegistry, and so is what TcbPolicy asks.
contract DcapVerifier is IDcapVerifier {
    string private constant TDX_WORKLOAD = "persona/workload/tdx/v1";
    string private constant SGX_WORKLOAD = "persona/workload/sgx/v1";

    /// @dev Flags of a quoting enclave: initialised and able to provision, not in debug mode, in 64 bits or not.
    bytes8 private constant QE_ATTRIBUTES = 0x1100000000000000;
    bytes8 private constant QE_ATTRIBUTES_MASK = 0xfbffffffffffffff;

    /// @inheritdoc IDcapVerifier
    IPckRegistry public immutable PCKS;

    bytes32 private immutable _TD_QE_SIGNER;
    bytes32 private immutable _SGX_QE_SIGNER;
    bool private immutable _SIMULATED;

    constructor(IPckRegistry pcks) {
        PCKS = pcks;
        ITcbPolicy tcbs = ITcbPolicy(pcks.TCBS());
        _SIMULATED = pcks.SIMULATED();
        _TD_QE_SIGNER = tcbs.TD_QE_SIGNER();
        _SGX_QE_SIGNER = tcbs.SGX_QE_SIGNER();
    }

    /// @inheritdoc IEvidenceVerifier
    function verify(bytes calldata evidence)
        external
        view
        returns (bytes32 measurement, bytes memory reportData, uint40 validUntil, uint8 vendor, bytes30 platform)
    {
        (uint256 end, uint256 body, bool tdx) = LiteQuote.dissect(evidence);
        if (end == 0) revert QuoteMalformed(evidence.length);
        _requireSigned(evidence[:end], evidence[end:]);
        uint16 qeSvn = _requireQe(evidence[end + LiteQuote.QE_REPORT:end + LiteQuote.QE_SIGNATURE], tdx);
        bytes16 teeTcbSvn = 0;
        if (tdx) {
            teeTcbSvn = bytes16(evidence[body:body + 16]);
            (measurement, reportData) = _readTd(evidence[body:end]);
        } else {
            (measurement, reportData) = _readSgx(evidence[body:end]);
        }
        (validUntil, platform) = _judge(keccak256(evidence[end + LiteQuote.PCK:]), tdx, qeSvn, teeTcbSvn);
        vendor = _SIMULATED ? 0 : 1;
    }

    /// @inheritdoc IEvidenceVerifier
    function judge() external view returns (IPlatformJudge) {
        return PCKS;
    }

    /// @inheritdoc IEvidenceVerifier
    function kind() external view returns (uint8) {
        return _SIMULATED ? 0 : 1;
    }

    /// @inheritdoc IEvidenceVerifier
    function simulated() external view returns (bool) {
        return _SIMULATED;
    }

    /// @inheritdoc IDcapVerifier
    function isPrecompiled() external view returns (bool) {
        return P256Signature.isPrecompiled();
    }

    /// @dev The platform's key vouches for a report of the quoting enclave, that for the attestation key, and that for the quote.
    function _requireSigned(bytes calldata signed, bytes calldata tail) private view {
        bytes calldata key = tail[LiteQuote.ATTESTATION_KEY:LiteQuote.QE_REPORT];
        bytes calldata report = tail[LiteQuote.QE_REPORT:LiteQuote.QE_SIGNATURE];
        bytes32 vouched =
            sha256(abi.encodePacked(key, tail[LiteQuote.QE_AUTHENTICATION:LiteQuote.PCK]));
        bool bound = bytes32(report[LiteQuote.SGX_REPORT_DATA:]) == vouched
            && bytes32(report[LiteQuote.SGX_REPORT_DATA + 32:]) == 0;
        if (!bound) revert QuoteKeyNotVouchedFor();
        if (!_isSigned(report, tail[LiteQuote.QE_SIGNATURE:], tail[LiteQuote.PCK:])) revert QeSignatureInvalid();
        if (!_isSigned(signed, tail, key)) revert QuoteSignatureInvalid();
    }

    function _requireQe(bytes calldata report, bool tdx) private view returns (uint16 svn) {
        bytes32 mrSigner = bytes32(report[LiteQuote.MR_SIGNER:]);
        uint16 product = _readUint16(report, LiteQuote.ISV_PROD_ID);
        bool known = mrSigner == (tdx ? _TD_QE_SIGNER : _SGX_QE_SIGNER) && product == (tdx ? 2 : 1)
            && bytes8(report[LiteQuote.ATTRIBUTES:]) & QE_ATTRIBUTES_MASK == QE_ATTRIBUTES
            && bytes4(report[LiteQuote.MISC_SELECT:]) == 0;
        if (!known) revert QeIdentityInvalid(mrSigner, product);
        return _readUint16(report, LiteQuote.ISV_SVN);
    }

    function _judge(bytes32 keyId, bool tdx, uint16 qeSvn, bytes16 teeTcbSvn)
        private
        view
        returns (uint40 validUntil, bytes30 platform)
    {
        uint40 pckUntil;
        (pckUntil, validUntil, platform) = PCKS.judgePlatform(keyId, tdx, qeSvn, teeTcbSvn);
        if (block.timestamp >= pckUntil) revert PckNotValid(keyId, pckUntil);
        if (block.timestamp >= validUntil) revert TcbNotValid(keyId, validUntil);
        validUntil = uint40(Math.min(pckUntil, validUntil));
    }

    function _isSigned(bytes calldata message, bytes calldata signature, bytes calldata key)
        private
        view
        returns (bool)
    {
        return P256Signature.isValid(
            sha256(message), bytes32(signature), bytes32(signature[32:]), bytes32(key), bytes32(key[32:])
        );
    }

    /// @dev The workload is the image, what it was told, and the machine that it runs in (RTMR0), which a host can shape: each
    /// such pair is allowed by itself. RTMR3 is what happens later, and differs from one start to the next.
    function _readTd(bytes calldata body) private pure returns (bytes32 measurement, bytes memory reportData) {
        bytes8 attributes = bytes8(body[LiteQuote.TD_ATTRIBUTES:]);
        if (attributes[0] != 0) revert QuoteInDebugMode();
        // SEPT_VE_DISABLE is bit 28, in little endian.
        if (attributes[3] & 0x10 == 0) revert QuoteAttributesInvalid(attributes);
        // MRSIGNERSEAM and SEAMATTRIBUTES: Intel's own modules have zeros, and TcbPolicy takes no text that says otherwise.
        bytes32 low = bytes32(body[LiteQuote.MR_SIGNER_SEAM:]);
        bytes32 high = bytes32(body[LiteQuote.MR_SIGNER_SEAM + 24:]);
        if (low != 0 || high != 0) revert QuoteModuleInvalid();
        if (body.length == LiteQuote.TD15_SIZE) {
            bytes32 first = bytes32(body[LiteQuote.MR_SERVICE_TD:]);
            bytes32 last = bytes32(body[LiteQuote.MR_SERVICE_TD + 16:]);
            if (first != 0 || last != 0) revert QuoteServiceTd();
        }
        measurement = keccak256(
            abi.encodePacked(TDX_WORKLOAD, body[LiteQuote.TD_ATTRIBUTES:LiteQuote.TD_MEASURED_END])
        );
        reportData = body[LiteQuote.TD_REPORT_DATA:LiteQuote.TD10_SIZE];
    }

    function _readSgx(bytes calldata body) private pure returns (bytes32 measurement, bytes memory reportData) {
        if (body[LiteQuote.ATTRIBUTES] & 0x02 != 0) revert QuoteInDebugMode();
        measurement = keccak256(
            abi.encodePacked(SGX_WORKLOAD, body[LiteQuote.MR_ENCLAVE:LiteQuote.MR_ENCLAVE + 32])
        );
        reportData = body[LiteQuote.SGX_REPORT_DATA:];
    }

    function _readUint16(bytes calldata report, uint256 offset) private pure returns (uint16) {
        return uint16(uint8(report[offset])) | (uint16(uint8(report[offset + 1])) << 8);
    }
}
