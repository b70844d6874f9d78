// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {GrantStatus, IGrantRegistry} from "../../../contracts/interfaces/IGrantRegistry.sol";
import {GrantHash} from "../../../contracts/types/Ids.sol";
import {GRANT_COMPUTE, Terms} from "../../../contracts/types/Terms.sol";
import {GrantKit} from "../helpers/GrantKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev The digests, built once more from the text of EIP-712, and encodings that no compiler writes.
contract GrantHashingTest is GrantKit {
    string private constant NAME = "Persona GrantRegistry";
    string private constant POLICY_TYPE =
        "NodePolicy(uint32 verifierKinds,uint32 vendors,uint96 minStake,bool requesterMayNameNode)";

    /// @dev Bits of each of the 20 words of Terms.
    function widths() private pure returns (uint16[20] memory) {
        return [
            uint16(160), 160, 256, 8, 32, 96, 160, 40, 40, 32, 32, 40, 1, 64, 32, 32, 96, 1, 256, 256
        ];
    }

    function test_hashTerms() public view {
        expectHash(makeTerms());
    }

    function test_revocationDigest() public view {
        GrantHash grantHash = GrantHash.wrap("grant");
        bytes32 hash = keccak256(abi.encode(keccak256("Revoke(bytes32 grantHash)"), grantHash));
        eq(grants.revocationDigest(grantHash), typedDigest(NAME, address(grants), hash));
    }

    function test_revokeAllDigest() public view {
        bytes32 kind = keccak256("RevokeAll(address owner,uint32 ownerEpoch)");
        bytes32 hash = keccak256(abi.encode(kind, OWNER, uint32(7)));
        eq(grants.revokeAllDigest(OWNER, 7), typedDigest(NAME, address(grants), hash));
    }

    function testFuzz_hashTerms(Terms memory terms) public view {
        expectHash(terms);
    }

    function testFuzz_revocationDigest(GrantHash grantHash) public view {
        bytes32 hash = keccak256(abi.encode(keccak256("Revoke(bytes32 grantHash)"), grantHash));
        eq(grants.revocationDigest(grantHash), typedDigest(NAME, address(grants), hash));
    }

    function testFuzz_revokeAllDigest(address owner, uint32 epoch) public view {
        bytes32 kind = keccak256("RevokeAll(address owner,uint32 ownerEpoch)");
        bytes32 hash = keccak256(abi.encode(kind, owner, epoch));
        eq(grants.revokeAllDigest(owner, epoch), typedDigest(NAME, address(grants), hash));
    }

    /// Two different terms never have one hash, and the three messages never share a digest.
    function testFuzz_digests_Differ(Terms memory a, Terms memory b) public view {
        GrantHash hash = grants.hashTerms(a);
        yes((hash == grants.hashTerms(b)) == (keccak256(abi.encode(a)) == keccak256(abi.encode(b))));
        yes(grants.revocationDigest(hash) != GrantHash.unwrap(hash));
        yes(grants.revokeAllDigest(a.owner, a.ownerEpoch) != grants.revocationDigest(hash));
    }

    // Dirty words: a value with bits beyond its type

    /// Each word in turn, by each way to store a grant, with a good signature over whatever the dirty digest is.
    function test_RevertWhen_AnyWordIsDirty() public {
        uint16[20] memory bits = widths();
        uint256 tried = 0;
        for (uint256 i = 0; i < 20; ++i) {
            if (bits[i] == 256) continue;
            expectNeverStored(i, 1 << bits[i]);
            expectNeverStored(i, 1 << 255);
            ++tried;
        }
        eq(tried, 17);
    }

    function testFuzz_RevertWhen_AWordIsDirty(uint8 word, uint256 dirt) public {
        uint256 index = word % 20;
        uint256 bits = widths()[index];
        vm.assume(bits != 256);
        dirt = (dirt >> bits) << bits;
        vm.assume(dirt != 0);
        expectNeverStored(index, dirt);
    }

    /// Nor does a dirty twin pass for a grant that is active: not to use it, not to ask for it.
    function testFuzz_RevertWhen_ADirtyTwinIsUsed(uint8 word, uint256 dirt) public {
        uint256 index = word % 20;
        uint256 bits = widths()[index];
        vm.assume(bits != 256);
        dirt = (dirt >> bits) << bits;
        vm.assume(dirt != 0);
        giveGrant(makeTerms());
        bytes memory dirty = dirtyTerms(index, dirt);
        bytes memory list = bytes.concat(abi.encode(0x80, GRANT_COMPUTE, REQUESTER, 1), abi.encode(1), dirty);
        vm.prank(address(market));
        (bool ok,) = address(grants).call(bytes.concat(IGrantRegistry.consume.selector, list));
        yes(!ok);
        bytes memory question = bytes.concat(IGrantRegistry.check.selector, dirty, abi.encode(REQUESTER, 1));
        bytes memory answer;
        (ok, answer) = address(grants).staticcall(question);
        // It reverts, or says that there is no such grant.
        if (ok) (ok,) = abi.decode(answer, (bool, uint256));
        yes(!ok);
    }

    function expectNeverStored(uint256 index, uint256 dirt) private {
        bytes memory dirty = dirtyTerms(index, dirt);
        GrantHash hash = dirtyHash(dirty);
        yes(hash != grants.hashTerms(makeTerms()));
        bytes memory signed = signature(OWNER_KEY, GrantHash.unwrap(hash));

        vm.prank(OWNER);
        (bool ok,) = address(grants).call(bytes.concat(IGrantRegistry.grant.selector, dirty));
        yes(!ok);
        vm.prank(OWNER);
        (ok,) = address(grants).call(
            bytes.concat(IGrantRegistry.grantBatch.selector, abi.encode(0x20, 1), dirty)
        );
        yes(!ok);
        // Terms are 20 words, then comes the offset of the signature.
        bytes memory tail = bytes.concat(abi.encode(21 * 0x20), abi.encode(signed.length), signed, new bytes(31));
        (ok,) = address(grants).call(bytes.concat(IGrantRegistry.grantBySig.selector, dirty, tail));
        yes(!ok);
        yes(grants.grantOf(OWNER, hash).status == GrantStatus.None);
    }

    /// The same calls with nothing dirty pass: what is refused above is the dirt.
    function test_HandMadeCalldataIsGood() public {
        bytes memory clean = abi.encode(makeTerms());
        eq(clean.length, 20 * 0x20);
        GrantHash hash = grants.hashTerms(makeTerms());
        yes(dirtyHash(clean) == hash);
        bytes memory signed = signature(OWNER_KEY, GrantHash.unwrap(hash));
        bytes memory tail = bytes.concat(abi.encode(21 * 0x20), abi.encode(signed.length), signed, new bytes(31));
        (bool ok,) = address(grants).call(bytes.concat(IGrantRegistry.grantBySig.selector, clean, tail));
        yes(ok);
        vm.startPrank(OWNER);
        (ok,) = address(grants).call(bytes.concat(IGrantRegistry.grant.selector, clean));
        yes(ok);
        (ok,) = address(grants).call(
            bytes.concat(IGrantRegistry.grantBatch.selector, abi.encode(0x20, 1), clean)
        );
        yes(ok);
        vm.stopPrank();
        bytes memory list = bytes.concat(abi.encode(0x80, GRANT_COMPUTE, REQUESTER, 1), abi.encode(1), clean);
        vm.prank(address(market));
        (ok,) = address(grants).call(bytes.concat(IGrantRegistry.consume.selector, list));
        yes(ok);
        eq(grants.grantOf(OWNER, hash).uses, 1);
    }

    function dirtyTerms(uint256 index, uint256 dirt) private view returns (bytes memory encoded) {
        encoded = abi.encode(makeTerms());
        assembly ("memory-safe") {
            let at := add(encoded, add(0x20, mul(index, 0x20)))
            mstore(at, or(mload(at), dirt))
        }
    }

    /// @dev What the registry would make of these words, over the words as they are.
    function dirtyHash(bytes memory words) private view returns (GrantHash) {
        bytes memory policy = slice(words, 14, 18);
        bytes32 policyHash = keccak256(bytes.concat(keccak256(bytes(POLICY_TYPE)), policy));
        bytes32 hash =
            keccak256(bytes.concat(termsType(), slice(words, 0, 14), policyHash, slice(words, 18, 20)));
        return GrantHash.wrap(typedDigest(NAME, address(grants), hash));
    }

    function slice(bytes memory words, uint256 from, uint256 to) private pure returns (bytes memory part) {
        for (uint256 i = from; i < to; ++i) {
            bytes32 word;
            assembly ("memory-safe") {
                word := mload(add(words, add(0x20, mul(i, 0x20))))
            }
            part = bytes.concat(part, word);
        }
    }

    function termsType() private pure returns (bytes32) {
        return keccak256(
            bytes.concat(
                "Terms(address owner,address grantee,bytes32 datasetId,uint8 kind,uint32 maxUses,uint96 price,",
                "address token,uint40 notBefore,uint40 expiresAt,uint32 keyEpoch,uint32 ownerEpoch,",
                "uint40 measurementEpoch,bool followUpgrades,uint64 maxOutputBytes,NodePolicy nodePolicy,",
                "bytes32 scopeHash,bytes32 salt)",
                bytes(POLICY_TYPE)
            )
        );
    }

    function expectHash(Terms memory t) private view {
        bytes memory head =
            abi.encode(termsType(), t.owner, t.grantee, t.datasetId, t.kind, t.maxUses, t.price, t.token);
        bytes memory middle =
            abi.encode(t.notBefore, t.expiresAt, t.keyEpoch, t.ownerEpoch, t.measurementEpoch, t.followUpgrades);
        bytes32 policy = keccak256(abi.encode(keccak256(bytes(POLICY_TYPE)), t.nodePolicy));
        bytes memory tail = abi.encode(t.maxOutputBytes, policy, t.scopeHash, t.salt);
        bytes32 hash = keccak256(bytes.concat(head, middle, tail));
        eq(GrantHash.unwrap(grants.hashTerms(t)), typedDigest(NAME, address(grants), hash));
    }
}
