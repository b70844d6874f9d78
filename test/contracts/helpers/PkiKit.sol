// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IPckRegistry} from "../../../contracts/interfaces/IPckRegistry.sol";
import {ITcbPolicy} from "../../../contracts/interfaces/ITcbPolicy.sol";
import {DerKit} from "./DerKit.sol";
import {vm} from "./Vm.sol";

interface VmP256 {
    function signP256(uint256 privateKey, bytes32 digest) external pure returns (bytes32 r, bytes32 s);
    function publicKeyP256(uint256 privateKey) external pure returns (uint256 x, uint256 y);
}

/// @dev The fields of a certificate, encoded.
struct Parts {
    bytes serial;
    bytes issuer;
    bytes validity;
    bytes subject;
    bytes key;
    bytes extensions;
}

/// @dev A root of its own, and everything that it could ever certify: any field is whatever a test wants, and signed.
abstract contract PkiKit is DerKit {
    uint256 internal constant NOW = 1_800_000_001;
    uint256 internal constant ROOT_KEY = 0xf001;
    uint256 internal constant CA_KEY = 0xf002;
    uint256 internal constant SIGNER_KEY = 0xf003;
    uint256 internal constant PCK_KEY = 0xf004;
    bytes32 internal constant TD_SIGNER = keccak256("who signs quoting enclaves of TDX");
    bytes32 internal constant SGX_SIGNER = keccak256("who signs quoting enclaves of SGX");
    bytes6 internal constant FMSPC = 0x00de7e570001;
    address internal constant STRANGER = address(0xb103);

    bytes internal constant ALGORITHM = hex"300a06082a8648ce3d040302";
    bytes internal constant BEFORE = "200115080001Z"; // 2020
    bytes internal constant AFTER = "20600101000000Z";
    bytes internal constant CA_CONSTRAINTS = hex"30120603551d130101ff040830060101ff020100";
    bytes internal constant CA_USAGE = hex"300e0603551d0f0101ff040403020106";
    bytes internal constant LEAF_CONSTRAINTS = hex"300c0603551d130101ff04023000";

    IPckRegistry internal pcks;
    ITcbPolicy internal tcbs;

    function setUp() public virtual {
        vm.warp(NOW);
        deploy();
    }

    function deploy() internal {
        address authority = make("AccessManager.sol:AccessManager", abi.encode(address(this)));
        address laterTcbs = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        (uint256 x, uint256 y) = p256().publicKeyP256(ROOT_KEY);
        bytes memory arguments = abi.encode(authority, laterTcbs, x, y, keccak256(rootName()));
        pcks = IPckRegistry(make("contracts/attestation/PckRegistry.sol:PckRegistry", arguments));
        arguments = abi.encode(authority, pcks, TD_SIGNER, SGX_SIGNER, 18);
        tcbs = ITcbPolicy(make("contracts/attestation/TcbPolicy.sol:TcbPolicy", arguments));
        eq(address(tcbs), laterTcbs);
    }

    // Signatures

    function p256() internal pure returns (VmP256) {
        return VmP256(address(vm));
    }

    /// @dev r ‖ s over sha256 of the message.
    function sign(uint256 key, bytes memory message) internal pure returns (bytes memory) {
        (bytes32 r, bytes32 s) = p256().signP256(key, sha256(message));
        return bytes.concat(r, s);
    }

    function publicKey(uint256 key) internal pure returns (bytes memory) {
        (uint256 x, uint256 y) = p256().publicKeyP256(key);
        return abi.encode(x, y);
    }

    /// @dev SEQUENCE of what is signed, the algorithm, and the signature.
    function signed(uint256 key, bytes memory tbs) internal pure returns (bytes memory) {
        (bytes32 r, bytes32 s) = p256().signP256(key, sha256(tbs));
        bytes memory both = sequence(bytes.concat(integer(uint256(r)), integer(uint256(s))));
        return sequence(bytes.concat(tbs, ALGORITHM, tlv(0x03, bytes.concat(hex"00", both))));
    }

    // Certificates

    function name(string memory common) internal pure returns (bytes memory) {
        return sequence(tlv(0x31, sequence(bytes.concat(hex"0603550403", tlv(0x0c, bytes(common))))));
    }

    function rootName() internal pure returns (bytes memory) {
        return name("Intel SGX Root CA");
    }

    function caName() internal pure returns (bytes memory) {
        return name("Intel SGX PCK Platform CA");
    }

    function signerName() internal pure returns (bytes memory) {
        return name("Intel SGX TCB Signing");
    }

    function validity(bytes memory from, bytes memory to) internal pure returns (bytes memory) {
        return sequence(bytes.concat(time(from), time(to)));
    }

    /// @dev 13 characters are a UTCTime, others a GeneralizedTime.
    function time(bytes memory text) internal pure returns (bytes memory) {
        return tlv(text.length == 13 ? 0x17 : 0x18, text);
    }

    function keyInfo(bytes memory point) internal pure returns (bytes memory) {
        return bytes.concat(hex"3059301306072a8648ce3d020106082a8648ce3d03010703420004", point);
    }

    function extensions(bytes memory list) internal pure returns (bytes memory) {
        return tlv(0xa3, sequence(list));
    }

    function body(Parts memory parts) internal pure returns (bytes memory) {
        bytes memory first = bytes.concat(hex"a003020102", parts.serial, ALGORITHM, parts.issuer);
        return sequence(bytes.concat(first, parts.validity, parts.subject, parts.key, parts.extensions));
    }

    function certificate(Parts memory parts, uint256 key) internal pure returns (bytes memory) {
        return signed(key, body(parts));
    }

    /// @dev An issuer of platforms' certificates.
    function ca() internal pure returns (Parts memory parts) {
        parts.serial = integer(0x10);
        parts.issuer = rootName();
        parts.validity = validity(BEFORE, AFTER);
        parts.subject = caName();
        parts.key = keyInfo(publicKey(CA_KEY));
        parts.extensions = extensions(bytes.concat(CA_CONSTRAINTS, CA_USAGE));
    }

    /// @dev Who signs TCB texts.
    function signer() internal pure returns (Parts memory parts) {
        parts = ca();
        parts.serial = integer(0x11);
        parts.subject = signerName();
        parts.key = keyInfo(publicKey(SIGNER_KEY));
        parts.extensions = extensions(LEAF_CONSTRAINTS);
    }

    function pck() internal pure returns (Parts memory parts) {
        return pckWith(sgx());
    }

    function pckWith(bytes memory sgxContent) internal pure returns (Parts memory parts) {
        parts.serial = integer(0x8000000000000001);
        parts.issuer = caName();
        parts.validity = validity(BEFORE, AFTER);
        parts.subject = name("Intel SGX PCK Certificate");
        parts.key = keyInfo(publicKey(PCK_KEY));
        parts.extensions = extensions(bytes.concat(LEAF_CONSTRAINTS, sgxExtension(sgxContent)));
    }

    // Intel's extension

    function sgxExtension(bytes memory content) internal pure returns (bytes memory) {
        return sequence(bytes.concat(hex"06092a864886f84d010d01", tlv(0x04, content)));
    }

    /// @dev PPID, TCB, PCEID, FMSPC and the kind of platform, as every certificate has them.
    function sgx() internal pure returns (bytes memory) {
        return sgxOf(tcb(13), 0);
    }

    function sgxOf(bytes memory tcb_, uint16 pceId) internal pure returns (bytes memory) {
        return sequence(
            bytes.concat(
                element(1, hex"0410000102030405060708090a0b0c0d0e0f"),
                element(2, tcb_),
                element(3, tlv(0x04, abi.encodePacked(pceId))),
                element(4, tlv(0x04, abi.encodePacked(FMSPC))),
                element(5, hex"0a0100")
            )
        );
    }

    /// @dev Components 1, 2, 3 … 16, and the whole of them once more.
    function tcb(uint256 pceSvn) internal pure returns (bytes memory) {
        bytes memory list = "";
        for (uint8 i = 1; i < 17; ++i) {
            list = bytes.concat(list, component(i, integer(i)));
        }
        bytes memory whole = hex"04100102030405060708090a0b0c0d0e0f10";
        return sequence(bytes.concat(list, component(17, integer(pceSvn)), component(18, whole)));
    }

    function element(uint8 number, bytes memory value) internal pure returns (bytes memory) {
        return sequence(bytes.concat(hex"060a2a864886f84d010d01", bytes1(number), value));
    }

    function component(uint8 number, bytes memory value) internal pure returns (bytes memory) {
        return sequence(bytes.concat(hex"060b2a864886f84d010d0102", bytes1(number), value));
    }

    // Lists of revoked certificates

    bytes internal constant LIST_EXTENSIONS = hex"a00e300c300a0603551d140403020101";
    bytes internal constant UPDATE = "270115080001Z";
    bytes internal constant NEXT_UPDATE = "270214080001Z";
    uint40 internal constant LIST_DUE = 1_802_592_001;

    function entry(uint256 serial) internal pure returns (bytes memory) {
        return sequence(bytes.concat(integer(serial), time(UPDATE)));
    }

    function listBody(bytes memory issuer, bytes memory times, bytes memory entries, bytes memory more)
        internal
        pure
        returns (bytes memory)
    {
        return sequence(bytes.concat(hex"020101", ALGORITHM, issuer, times, entries, more));
    }

    /// @param entries "" where nothing is revoked.
    function revocations(bytes memory issuer, uint256 key, bytes memory entries) internal pure returns (bytes memory) {
        bytes memory times = bytes.concat(time(UPDATE), time(NEXT_UPDATE));
        bytes memory revoked = entries.length == 0 ? bytes("") : sequence(entries);
        return signed(key, listBody(issuer, times, revoked, LIST_EXTENSIONS));
    }

    /// @dev Root's list, both authorities, and the issuer's list.
    function feedAuthorities() internal {
        pcks.submitRevocations(revocations(rootName(), ROOT_KEY, ""), 10);
        pcks.registerAuthority(certificate(ca(), ROOT_KEY));
        pcks.registerAuthority(certificate(signer(), ROOT_KEY));
        pcks.submitRevocations(revocations(caName(), CA_KEY, ""), 10);
    }

    function make(string memory artifact, bytes memory arguments) internal returns (address made) {
        bytes memory code = bytes.concat(vm.getCode(artifact), arguments);
        assembly ("memory-safe") {
            made := create(0, add(code, 0x20), mload(code))
            if iszero(made) {
                returndatacopy(0, 0, returndatasize())
                revert(0, returndatasize())
            }
        }
    }
}
