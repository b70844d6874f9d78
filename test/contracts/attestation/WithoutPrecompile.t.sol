// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {P256} from "@openzeppelin/contracts/utils/cryptography/P256.sol";
import {IPckRegistry} from "../../../contracts/interfaces/IPckRegistry.sol";
import {PkiKit} from "../helpers/PkiKit.sol";
import {vm} from "../helpers/Vm.sol";

interface VmCalls {
    function mockCall(address callee, bytes calldata data, bytes calldata answer) external;
}

/// @dev A chain whose P-256 precompile answers nothing, as an address without code does: signatures are judged in Solidity.
contract WithoutPrecompileTest is PkiKit {
    function setUp() public override {
        super.setUp();
        VmCalls(address(vm)).mockCall(address(0x100), "", "");
        pcks.submitRevocations(revocations(rootName(), ROOT_KEY, ""), 10);
    }

    function test_registerAuthority_LowAndHighHalves() public {
        bytes memory tbs = body(ca());
        (bytes32 r, bytes32 s) = p256().signP256(ROOT_KEY, sha256(tbs));
        uint256 other = P256.N - uint256(s);
        uint256 first = pcks.registerAuthority(withSignature(tbs, uint256(r), uint256(s)));
        deploy();
        pcks.submitRevocations(revocations(rootName(), ROOT_KEY, ""), 10);
        eq(pcks.registerAuthority(withSignature(tbs, uint256(r), other)), first);
    }

    function test_RevertWhen_SignatureIsNone() public {
        bytes memory tbs = body(ca());
        (bytes32 r, bytes32 s) = p256().signP256(ROOT_KEY, sha256(tbs));
        uint256[6] memory values =
            [uint256(s) ^ 1, 1, P256.N / 2, P256.N / 2 + 1, P256.N, P256.N + 1];
        for (uint256 i = 0; i < values.length; ++i) {
            bytes memory der = withSignature(tbs, uint256(r), values[i]);
            vm.expectPartialRevert(IPckRegistry.CertificateSignatureInvalid.selector);
            pcks.registerAuthority(der);
        }
        (r, s) = p256().signP256(CA_KEY, sha256(tbs));
        bytes memory strangers = withSignature(tbs, uint256(r), uint256(s));
        vm.expectPartialRevert(IPckRegistry.CertificateSignatureInvalid.selector);
        pcks.registerAuthority(strangers);
    }

    function withSignature(bytes memory tbs, uint256 r, uint256 s) private pure returns (bytes memory) {
        bytes memory both = sequence(bytes.concat(integer(r), integer(s)));
        return sequence(bytes.concat(tbs, ALGORITHM, tlv(0x03, bytes.concat(hex"00", both))));
    }
}
