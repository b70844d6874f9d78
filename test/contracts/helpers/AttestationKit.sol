// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {IEvidenceVerifier} from "../../../contracts/interfaces/IEvidenceVerifier.sol";
import {IPckRegistry} from "../../../contracts/interfaces/IPckRegistry.sol";
import {ITcbPolicy} from "../../../contracts/interfaces/ITcbPolicy.sol";
import {Check} from "./Check.sol";
import {vm} from "./Vm.sol";

/// @dev The contracts of attestation under the root of test/vectors/attestation.json, and what the vectors tell them.
abstract contract AttestationKit is Check {
    address internal constant STRANGER = address(0xb103);

    string internal file;
    uint40 internal issuedAt;
    uint40 internal dueAt;
    IPckRegistry internal pcks;
    ITcbPolicy internal tcbs;
    IEvidenceVerifier internal verifier;

    function setUp() public virtual {
        file = vm.readFile("test/vectors/attestation.json");
        issuedAt = uint40(vm.parseJsonUint(file, ".issuedAt"));
        dueAt = issuedAt + uint40(vm.parseJsonUint(file, ".lastsSeconds"));
        vm.warp(issuedAt + 1 days);
        deploy();
    }

    function deploy() internal {
        bytes memory admin = abi.encode(address(this));
        address authority = create(vm.getCode("AccessManager.sol:AccessManager"), admin);
        address laterTcbs = vm.computeCreateAddress(address(this), vm.getNonce(address(this)) + 1);
        pcks = IPckRegistry(
            make(
                "PckRegistry",
                abi.encode(authority, laterTcbs, word(".root.rootX"), word(".root.rootY"), word(".root.rootName"))
            )
        );
        bytes memory signers = abi.encode(word(".root.tdQeSigner"), word(".root.sgxQeSigner"));
        bytes memory evaluation = abi.encode(vm.parseJsonUint(file, ".evaluation"));
        tcbs = ITcbPolicy(make("TcbPolicy", bytes.concat(abi.encode(authority, pcks), signers, evaluation)));
        verifier = IEvidenceVerifier(make("DcapVerifier", abi.encode(pcks)));
        eq(address(tcbs), laterTcbs);
    }

    function feed() internal {
        feedAuthorities();
        pcks.registerPck(data(".certificates.pck"));
        submit("tdx");
        submit("sgx");
    }

    function feedAuthorities() internal {
        pcks.submitRevocations(data(".lists.root"), 10);
        pcks.registerAuthority(data(".certificates.platformCa"));
        pcks.registerAuthority(data(".certificates.tcbSigner"));
        pcks.submitRevocations(data(".lists.platform"), 10);
    }

    function submit(string memory tee) internal {
        string memory path = string.concat(".tcb.", tee);
        tcbs.submitTcb(
            data(string.concat(path, ".tcbInfo")),
            data(string.concat(path, ".tcbSignature")),
            data(string.concat(path, ".qeIdentity")),
            data(string.concat(path, ".qeSignature"))
        );
    }

    /// @param kind 0 TDX version 4, 1 TDX 1.0 and 2 TDX 1.5 of version 5, 3 SGX.
    function evidenceOf(uint256 kind) internal view returns (bytes memory) {
        return data(string.concat(".quotes[", vm.toString(kind), "].evidence"));
    }

    function measurementOf(uint256 kind) internal view returns (bytes32) {
        return word(string.concat(".quotes[", vm.toString(kind), "].measurement"));
    }

    function fmspc() internal view returns (bytes6) {
        return bytes6(data(".fmspc"));
    }

    function data(string memory path) internal view returns (bytes memory) {
        return vm.parseJsonBytes(file, path);
    }

    function word(string memory path) internal view returns (bytes32) {
        return vm.parseJsonBytes32(file, path);
    }

    /// @dev One bit of one byte is another.
    function flip(bytes memory bytes_, uint256 position) internal pure returns (bytes memory) {
        position %= bytes_.length * 8;
        bytes_[position / 8] ^= bytes1(uint8(1 << (position % 8)));
        return bytes_;
    }

    function make(string memory name, bytes memory arguments) internal returns (address) {
        return create(vm.getCode(string.concat("contracts/attestation/", name, ".sol:", name)), arguments);
    }

    function create(bytes memory code, bytes memory arguments) internal returns (address made) {
        code = bytes.concat(code, arguments);
        assembly ("memory-safe") {
            made := create(0, add(code, 0x20), mload(code))
            if iszero(made) {
                returndatacopy(0, 0, returndatasize())
                revert(0, returndatasize())
            }
        }
    }
}
