// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IEvidenceVerifier} from "../../../contracts/interfaces/IEvidenceVerifier.sol";
import {DerKit} from "./DerKit.sol";
import {VmP256} from "./PkiKit.sol";
import {vm} from "./Vm.sol";

/// @dev Says of every platform what it was told to say, in the place of PckRegistry and TcbPolicy.
contract StubPcks {
    bool public immutable SIMULATED;
    bytes32 public constant TD_QE_SIGNER = keccak256("who signs quoting enclaves of TDX");
    bytes32 public constant SGX_QE_SIGNER = keccak256("who signs quoting enclaves of SGX");

    uint40 public pckUntil = type(uint40).max;
    uint40 public tcbUntil = type(uint40).max - 1;

    constructor(bool simulated) {
        SIMULATED = simulated;
    }

    function TCBS() external view returns (address) {
        return address(this);
    }

    function set(uint40 pckUntil_, uint40 tcbUntil_) external {
        (pckUntil, tcbUntil) = (pckUntil_, tcbUntil_);
    }

    /// @return platform of what was asked.
    function judgePlatform(bytes32 keyId, bool tdx, uint16 qeSvn, bytes16 teeTcbSvn)
        external
        view
        returns (uint40, uint40, bytes30 platform)
    {
        platform = bytes30(abi.encodePacked(bytes3(keyId), tdx, qeSvn, teeTcbSvn));
        return (pckUntil, tcbUntil, platform);
    }
}

/// @dev Quotes whose every byte is what a test wants, and signed.
abstract contract QuoteKit is DerKit {
    uint256 internal constant ATTESTATION_KEY = 0xf011;
    uint256 internal constant PCK_KEY = 0xf012;
    bytes internal constant VENDOR = hex"939a7233f79c4ca9940a0db3957f0607";
    bytes32 internal constant AUTHENTICATION = "authentication data";

    StubPcks internal pcks;
    IEvidenceVerifier internal verifier;

    function setUp() public virtual {
        vm.warp(1_800_000_000);
        (pcks, verifier) = deploy(true);
    }

    function deploy(bool simulated) internal returns (StubPcks stub, IEvidenceVerifier made) {
        stub = new StubPcks(simulated);
        bytes memory code =
            bytes.concat(vm.getCode("contracts/attestation/DcapVerifier.sol:DcapVerifier"), abi.encode(stub));
        assembly ("memory-safe") {
            made := create(0, add(code, 0x20), mload(code))
        }
        yes(address(made) != address(0));
    }

    // What is signed

    /// @dev Of a TD, TDX 1.0: SEPT_VE_DISABLE and nothing else, each byte that may be anything another one.
    function tdBody() internal pure returns (bytes memory body) {
        body = filled(584);
        body = patch(body, 64, new bytes(56)); // MRSIGNERSEAM, SEAMATTRIBUTES
        body = patch(body, 120, hex"00000010");
    }

    function td15Body() internal pure returns (bytes memory) {
        return bytes.concat(tdBody(), filled(16), new bytes(48));
    }

    function sgxBody() internal pure returns (bytes memory) {
        return patch(filled(384), 48, hex"05"); // initialised, 64 bits
    }

    function td4(bytes memory body) internal pure returns (bytes memory) {
        return bytes.concat(hex"040002008100000000000000", VENDOR, filled(20), body);
    }

    function td5(bytes memory body) internal pure returns (bytes memory) {
        bytes memory kind = body.length == 584 ? bytes(hex"020048020000") : bytes(hex"030088020000");
        return bytes.concat(hex"050002008100000000000000", VENDOR, filled(20), kind, body);
    }

    function sgx3(bytes memory body) internal pure returns (bytes memory) {
        return bytes.concat(hex"03000200000000000a000d00", VENDOR, filled(20), body);
    }

    /// @dev 1, 2, 3 … and never 0.
    function filled(uint256 length) internal pure returns (bytes memory out) {
        out = new bytes(length);
        for (uint256 i = 0; i < length; ++i) {
            out[i] = bytes1(uint8(1 + i % 251));
        }
    }

    // Who signs

    /// @dev The quoting enclave's report, but for what it vouches for.
    function qeReport(bool tdx) internal pure returns (bytes memory report) {
        report = new bytes(384);
        report = patch(report, 48, hex"1500000000000000e700000000000000");
        bytes32 signer = tdx
            ? keccak256("who signs quoting enclaves of TDX")
            : keccak256("who signs quoting enclaves of SGX");
        report = patch(report, 128, abi.encodePacked(signer));
        report = patch(report, 256, tdx ? bytes(hex"02000703") : bytes(hex"01000a04"));
        // Nothing says what lies before the report data.
        report = patch(report, 288, filled(32));
        bytes32 vouched = sha256(bytes.concat(publicKey(ATTESTATION_KEY), AUTHENTICATION));
        report = patch(report, 320, abi.encodePacked(vouched));
    }

    function publicKey(uint256 key) internal pure returns (bytes memory) {
        (uint256 x, uint256 y) = VmP256(address(vm)).publicKeyP256(key);
        return abi.encode(x, y);
    }

    function sign(uint256 key, bytes memory message) internal pure returns (bytes memory) {
        (bytes32 r, bytes32 s) = VmP256(address(vm)).signP256(key, sha256(message));
        return bytes.concat(r, s);
    }

    function quote(bytes memory signed, bytes memory report) internal pure returns (bytes memory) {
        return bytes.concat(
            signed,
            sign(ATTESTATION_KEY, signed),
            publicKey(ATTESTATION_KEY),
            report,
            sign(PCK_KEY, report),
            AUTHENTICATION,
            publicKey(PCK_KEY)
        );
    }
}
