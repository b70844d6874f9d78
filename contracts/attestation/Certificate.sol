// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Der} from "./Der.sol";
import {P256Signature} from "./P256Signature.sol";

/// @param digest sha256 of what its issuer signed.
/// @param issuer keccak of the issuer's name as it is encoded; `subject` likewise.
/// @param serial as a number.
/// @param notBefore Unix seconds, inclusive, as `notAfter` is.
/// @param x first coordinate of the subject's P-256 key.
/// @param ca whether it may issue others: basicConstraints says so, with a path length of zero, and the key is for signing
/// certificates and lists of revoked ones.
/// @param nameEnd last 16 bytes of the subject's common name, or fewer.
/// @param sgxStart first byte of the content of Intel's SGX extension; 0 where it has none.
struct Certificate {
    bytes32 digest;
    bytes32 r;
    bytes32 s;
    bytes32 issuer;
    bytes32 subject;
    uint256 serial;
    uint40 notBefore;
    uint40 notAfter;
    bytes32 x;
    bytes32 y;
    bool ca;
    bytes16 nameEnd;
    uint256 sgxStart;
    uint256 sgxEnd;
}

/// @dev X.509 v3 certificates as Intel issues them: P-256 keys, ECDSA with SHA-256, no extension twice, no critical one
/// that is not understood here.
library CertificateLib {
    using Der for bytes;

    bytes internal constant ECDSA_SHA256 = hex"300a06082a8648ce3d040302";
    bytes private constant P256_KEY = hex"3059301306072a8648ce3d020106082a8648ce3d03010703420004";
    bytes private constant COMMON_NAME = hex"0603550403";
    bytes private constant CA_OF_LEAVES = hex"30060101ff020100";
    bytes private constant CA_USAGE = hex"03020106";
    bytes private constant NO_CA = hex"3000";

    bytes32 private constant BASIC_CONSTRAINTS = keccak256(hex"551d13");
    bytes32 private constant KEY_USAGE = keccak256(hex"551d0f");
    bytes32 private constant SGX = keccak256(hex"2a864886f84d010d01");

    function read(bytes calldata der) internal pure returns (Certificate memory certificate) {
        uint256 end = der.length;
        (uint256 cursor, uint256 next) = der.open(0, end, Der.SEQUENCE);
        if (next != end) revert Der.DerInvalid(next);
        uint256 start = cursor;
        (cursor, next) = der.open(cursor, end, Der.SEQUENCE);
        certificate.digest = sha256(der[start:next]);
        _readBody(der, cursor, next, certificate);
        cursor = der.skip(next, end, ECDSA_SHA256);
        (certificate.r, certificate.s) = der.readSignature(cursor, end);
    }

    function isSignedBy(Certificate memory self, bytes32 x, bytes32 y) internal view returns (bool) {
        return P256Signature.isValid(self.digest, self.r, self.s, x, y);
    }

    function _readBody(bytes calldata der, uint256 cursor, uint256 end, Certificate memory certificate) private pure {
        uint256 next;
        cursor = der.skip(cursor, end, hex"a003020102"); // version 3
        (certificate.serial, cursor) = der.readUint(cursor, end);
        cursor = der.skip(cursor, end, ECDSA_SHA256);
        (, next) = der.open(cursor, end, Der.SEQUENCE);
        certificate.issuer = keccak256(der[cursor:next]);
        (cursor, end) = (next, end);
        {
            uint256 last;
            (cursor, last) = der.open(cursor, end, Der.SEQUENCE);
            (certificate.notBefore, cursor) = der.readTime(cursor, last);
            (certificate.notAfter, cursor) = der.readTime(cursor, last);
            if (cursor != last) revert Der.DerInvalid(cursor);
        }
        (, next) = der.open(cursor, end, Der.SEQUENCE);
        certificate.subject = keccak256(der[cursor:next]);
        certificate.nameEnd = _readNameEnd(der, cursor, next);
        cursor = der.skip(next, end, P256_KEY);
        if (cursor + 64 > end) revert Der.DerInvalid(cursor);
        certificate.x = bytes32(der[cursor:cursor + 32]);
        certificate.y = bytes32(der[cursor + 32:cursor + 64]);
        (cursor, next) = der.open(cursor + 64, end, 0xa3);
        if (next != end) revert Der.DerInvalid(next);
        (cursor, next) = der.open(cursor, end, Der.SEQUENCE);
        if (next != end) revert Der.DerInvalid(next);
        _readExtensions(der, cursor, end, certificate);
    }

    /// @dev The common name comes first in Intel's names.
    function _readNameEnd(bytes calldata der, uint256 cursor, uint256 end) private pure returns (bytes16) {
        uint256 next;
        (cursor,) = der.open(cursor, end, Der.SEQUENCE);
        (cursor, end) = der.open(cursor, end, Der.SET);
        (cursor, next) = der.open(cursor, end, Der.SEQUENCE);
        if (next != end) revert Der.DerInvalid(next);
        cursor = der.skip(cursor, end, COMMON_NAME);
        // UTF8String or PrintableString.
        (cursor, next) = der.open(cursor, end, der.isAt(cursor, end, 0x0c) ? 0x0c : 0x13);
        if (next != end) revert Der.DerInvalid(next);
        if (end - cursor > 16) cursor = end - 16;
        return bytes16(der[cursor:end]);
    }

    function _readExtensions(bytes calldata der, uint256 cursor, uint256 end, Certificate memory certificate)
        private
        pure
    {
        bool constrained;
        bool used;
        bool issues;
        while (cursor < end) {
            uint256 start;
            uint256 last;
            (start, last) = der.open(cursor, end, Der.SEQUENCE);
            cursor = last;
            (uint256 oid, uint256 value) = der.open(start, last, 0x06);
            bytes32 id = keccak256(der[oid:value]);
            bool critical = der.isAt(value, last, Der.BOOLEAN);
            if (critical) value = der.skip(value, last, hex"0101ff");
            uint256 next;
            (start, next) = der.open(value, last, Der.OCTET_STRING);
            if (next != last) revert Der.DerInvalid(next);
            if (id == BASIC_CONSTRAINTS) {
                if (constrained) revert Der.DerInvalid(oid);
                constrained = true;
                bytes32 content = keccak256(der[start:next]);
                certificate.ca = content == keccak256(CA_OF_LEAVES);
                if (!certificate.ca && content != keccak256(NO_CA)) revert Der.DerInvalid(start);
            } else if (id == KEY_USAGE) {
                if (used) revert Der.DerInvalid(oid);
                used = true;
                issues = keccak256(der[start:next]) == keccak256(CA_USAGE);
            } else if (id == SGX) {
                if (certificate.sgxStart != 0) revert Der.DerInvalid(oid);
                certificate.sgxStart = start;
                certificate.sgxEnd = next;
            } else if (critical) {
                revert Der.DerInvalid(oid);
            }
        }
        if (certificate.ca != issues) revert Der.DerInvalid(end);
    }
}
