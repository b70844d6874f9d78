// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {CertificateLib} from "./Certificate.sol";
import {Der} from "./Der.sol";
import {P256Signature} from "./P256Signature.sol";

/// @param digest sha256 of what the issuer signed: which list it is.
/// @param issuer keccak of the issuer's name as it is encoded.
/// @param number of the list. Intel counts none: all its lists have the number 1.
/// @param start first byte of the first entry; equals `end` where nothing is revoked.
struct RevocationList {
    bytes32 digest;
    bytes32 r;
    bytes32 s;
    bytes32 issuer;
    uint40 thisUpdate;
    uint40 nextUpdate;
    uint256 number;
    uint256 start;
    uint256 end;
}

/// @dev X.509 v2 lists of revoked certificates, complete ones: no deltas, no partial lists.
library RevocationListLib {
    using Der for bytes;

    bytes32 private constant CRL_NUMBER = keccak256(hex"551d14");
    bytes32 private constant AUTHORITY_KEY = keccak256(hex"551d23");

    function read(bytes calldata der) internal pure returns (RevocationList memory list) {
        uint256 end = der.length;
        (uint256 cursor, uint256 next) = der.open(0, end, Der.SEQUENCE);
        if (next != end) revert Der.DerInvalid(next);
        uint256 start = cursor;
        (cursor, next) = der.open(cursor, end, Der.SEQUENCE);
        list.digest = sha256(der[start:next]);
        _readBody(der, cursor, next, list);
        cursor = der.skip(next, end, CertificateLib.ECDSA_SHA256);
        (list.r, list.s) = der.readSignature(cursor, end);
    }

    function isSignedBy(RevocationList memory self, bytes32 x, bytes32 y) internal view returns (bool) {
        return P256Signature.isValid(self.digest, self.r, self.s, x, y);
    }

    /// @return serial of the entry at `cursor`.
    /// @return next first byte behind it.
    function readEntry(bytes calldata der, uint256 cursor, uint256 end)
        internal
        pure
        returns (uint256 serial, uint256 next)
    {
        (cursor, next) = der.open(cursor, end, Der.SEQUENCE);
        (serial,) = der.readUint(cursor, next);
    }

    function _readBody(bytes calldata der, uint256 cursor, uint256 end, RevocationList memory list) private pure {
        cursor = der.skip(cursor, end, hex"020101"); // version 2
        cursor = der.skip(cursor, end, CertificateLib.ECDSA_SHA256);
        (, uint256 next) = der.open(cursor, end, Der.SEQUENCE);
        list.issuer = keccak256(der[cursor:next]);
        (list.thisUpdate, cursor) = der.readTime(next, end);
        (list.nextUpdate, cursor) = der.readTime(cursor, end);
        if (der.isAt(cursor, end, Der.SEQUENCE)) (list.start, cursor) = der.open(cursor, end, Der.SEQUENCE);
        else list.start = cursor;
        list.end = cursor;
        (cursor, next) = der.open(cursor, end, 0xa0);
        if (next != end) revert Der.DerInvalid(next);
        (cursor, next) = der.open(cursor, end, Der.SEQUENCE);
        if (next != end) revert Der.DerInvalid(next);
        _readExtensions(der, cursor, end, list);
    }

    /// @dev A number, and whose key signed; whatever else there might be narrows what the list is about.
    function _readExtensions(bytes calldata der, uint256 cursor, uint256 end, RevocationList memory list) private pure {
        bool numbered;
        while (cursor < end) {
            (uint256 start, uint256 last) = der.open(cursor, end, Der.SEQUENCE);
            cursor = last;
            (uint256 oid, uint256 value) = der.open(start, last, 0x06);
            bytes32 id = keccak256(der[oid:value]);
            (uint256 content, uint256 next) = der.open(value, last, Der.OCTET_STRING);
            if (next != last) revert Der.DerInvalid(next);
            if (id == CRL_NUMBER && !numbered) {
                numbered = true;
                (list.number, next) = der.readUint(content, last);
                if (next != last) revert Der.DerInvalid(next);
            } else if (id != AUTHORITY_KEY) {
                revert Der.DerInvalid(oid);
            }
        }
        if (!numbered) revert Der.DerInvalid(end);
    }
}
