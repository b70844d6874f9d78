// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {GrantStatus, IGrantRegistry} from "../../../contracts/interfaces/IGrantRegistry.sol";
import {GrantHash} from "../../../contracts/types/Ids.sol";
import {Reason} from "../../../contracts/types/Reason.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {DelegateAccount, EcdsaAccount} from "../helpers/Accounts.sol";
import {GrantKit} from "../helpers/GrantKit.sol";
import {OneWordAccount, RevertingAccount} from "../helpers/HostileAccounts.sol";
import {GasBurner, SmartWallet} from "../helpers/SmartWallet.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Cheatcodes of these tests alone.
interface AccountVm {
    function publicKeyP256(uint256 privateKey) external pure returns (uint256 x, uint256 y);
    function signP256(uint256 privateKey, bytes32 digest) external pure returns (bytes32 r, bytes32 s);
}

/// @dev Real smart accounts of OpenZeppelin: ERC-7739 with secp256k1 and with P-256, and accounts that delegate (EIP-7702).
contract GrantSmartAccountsTest is GrantKit {
    AccountVm private constant ACCOUNTS = AccountVm(address(uint160(uint256(keccak256("hevm cheat code")))));
    uint256 private constant ORDER_OF_P256 = 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551;
    uint256 private constant SESSION_KEY = 0xd001;

    string private constant TERMS_TYPE =
        "Terms(address owner,address grantee,bytes32 datasetId,uint8 kind,uint32 maxUses,uint96 price,address token,uint40 notBefore,uint40 expiresAt,uint32 keyEpoch,uint32 ownerEpoch,uint40 measurementEpoch,bool followUpgrades,uint64 maxOutputBytes,NodePolicy nodePolicy,bytes32 scopeHash,bytes32 salt)NodePolicy(uint32 verifierKinds,uint32 vendors,uint96 minStake,bool requesterMayNameNode)";
    /// @dev ERC-7739 wants the types in alphabetical order, and then the name of the contents' type.
    string private constant NESTED_TERMS_TYPE =
        "NodePolicy(uint32 verifierKinds,uint32 vendors,uint96 minStake,bool requesterMayNameNode)Terms(address owner,address grantee,bytes32 datasetId,uint8 kind,uint32 maxUses,uint96 price,address token,uint40 notBefore,uint40 expiresAt,uint32 keyEpoch,uint32 ownerEpoch,uint40 measurementEpoch,bool followUpgrades,uint64 maxOutputBytes,NodePolicy nodePolicy,bytes32 scopeHash,bytes32 salt)";
    string private constant REVOKE_TYPE = "Revoke(bytes32 grantHash)";
    string private constant REVOKE_ALL_TYPE = "RevokeAll(address owner,uint32 ownerEpoch)";

    // ERC-7739, secp256k1

    function test_grantBySig_OfAnOpenZeppelinAccount() public {
        address account = address(new EcdsaAccount(OWNER));
        expectWholeLife(account, false, OWNER_KEY);
    }

    function test_grantBySig_OfAnOpenZeppelinAccountInAJob() public {
        address account = address(new EcdsaAccount(OWNER));
        Terms memory terms = termsOf(account);
        bytes[] memory signatures = new bytes[](1);
        signatures[0] = nestedTerms(account, terms, false, OWNER_KEY);
        Terms[] memory list = one(terms);
        vm.prank(REQUESTER);
        market.submitJobWithSignatures(makeRequest(list), list, signatures);
        eq(grants.grantOf(account, grants.hashTerms(terms)).uses, 1);
    }

    /// What the account's key signs plainly is not for this account: it might be for another one of the same key.
    function test_RevertWhen_AnAccountsKeySignsPlainly() public {
        address account = address(new EcdsaAccount(OWNER));
        Terms memory terms = termsOf(account);
        bytes memory signed = signTerms(terms, OWNER_KEY);
        expectUnsigned(terms);
        grants.grantBySig(terms, signed);
    }

    function test_RevertWhen_AnAccountsSignatureIsNestedForAnotherAccount() public {
        address account = address(new EcdsaAccount(OWNER));
        address twin = address(new EcdsaAccount(OWNER));
        GrantHash grantHash = GrantHash.wrap("grant");
        bytes memory signed = nestedRevocation(twin, grantHash, false, OWNER_KEY);
        grants.revokeBySig(twin, grantHash, signed);
        vm.expectRevert(
            abi.encodeWithSelector(IGrantRegistry.GrantSignatureInvalid.selector, grantHash, account)
        );
        grants.revokeBySig(account, grantHash, signed);
    }

    function test_RevertWhen_AnAccountsSignatureIsOfAnotherKey() public {
        address account = address(new EcdsaAccount(OWNER));
        Terms memory terms = termsOf(account);
        bytes memory signed = nestedTerms(account, terms, false, WORKER_KEY);
        expectUnsigned(terms);
        grants.grantBySig(terms, signed);
    }

    function test_RevertWhen_AnAccountSignedOtherTerms() public {
        address account = address(new EcdsaAccount(OWNER));
        Terms memory terms = termsOf(account);
        bytes memory signed = nestedTerms(account, terms, false, OWNER_KEY);
        terms.price = 0;
        expectUnsigned(terms);
        grants.grantBySig(terms, signed);
    }

    function testFuzz_revokeBySig_OfAnOpenZeppelinAccount(uint256 key, GrantHash grantHash) public {
        key = bound(key, 1, ORDER_OF_SECP256K1 - 1);
        address account = address(new EcdsaAccount(vm.addr(key)));
        grants.revokeBySig(account, grantHash, nestedRevocation(account, grantHash, false, key));
        yes(grants.grantOf(account, grantHash).status == GrantStatus.Revoked);
    }

    // ERC-7739, P-256: a passkey's curve, by the precompile of EIP-7951

    function test_grantBySig_OfAnOpenZeppelinP256Account() public {
        (uint256 x, uint256 y) = ACCOUNTS.publicKeyP256(OWNER_KEY);
        address account = create(vm.getCode("P256Account.sol:P256Account"), abi.encode(x, y));
        expectWholeLife(account, true, OWNER_KEY);
    }

    function test_RevertWhen_AP256SignatureIsOfAnotherKey() public {
        (uint256 x, uint256 y) = ACCOUNTS.publicKeyP256(OWNER_KEY);
        address account = create(vm.getCode("P256Account.sol:P256Account"), abi.encode(x, y));
        Terms memory terms = termsOf(account);
        bytes memory signed = nestedTerms(account, terms, true, WORKER_KEY);
        expectUnsigned(terms);
        grants.grantBySig(terms, signed);
    }

    // EIP-7702

    /// First of all: it is a real delegation, not a copy of the code.
    function test_DelegationIsReal() public {
        SmartWallet code = new SmartWallet(STRANGER);
        delegate(OWNER_KEY, address(code));
        eq(keccak256(OWNER.code), keccak256(abi.encodePacked(hex"ef0100", address(code))));
        bytes32 digest = keccak256("any");
        bytes4 answer = IERC1271(OWNER).isValidSignature(digest, signature(OWNER_KEY, digest));
        eq(bytes32(answer), bytes32(bytes4(0xffffffff)));
        // The code runs as the account: what it calls sees the account.
        Terms memory terms = makeTerms();
        SmartWallet(OWNER).run(address(grants), abi.encodeCall(IGrantRegistry.grant, (terms)));
        expectReason(terms, 1, Reason.None);
        // The key goes on sending transactions.
        revoke(grants.hashTerms(terms));
        expectReason(terms, 1, Reason.GrantRevoked);
    }

    /// Whatever the code says, the account's own key grants and revokes.
    function test_grantBySig_OfADelegatedAccountByItsOwnKey() public {
        address[4] memory codes = [
            address(new SmartWallet(STRANGER)),
            address(new GasBurner()),
            address(new RevertingAccount()),
            address(new OneWordAccount(0))
        ];
        for (uint32 i = 0; i < codes.length; ++i) {
            delegate(OWNER_KEY, codes[i]);
            yes(OWNER.code.length == 23);
            Terms memory terms = makeTerms();
            terms.ownerEpoch = i;
            GrantHash grantHash = grants.grantBySig(terms, signTerms(terms, OWNER_KEY));
            expectReason(terms, 1, Reason.None);
            uint256 before = gasleft();
            grants.revokeBySig(OWNER, grantHash, signRevocation(grantHash, OWNER_KEY));
            // Nobody asks the code.
            yes(before - gasleft() < 100_000);
            expectReason(terms, 1, Reason.GrantRevoked);
            grants.revokeAllBySig(OWNER, i, signRevokeAll(OWNER, i, OWNER_KEY));
            eq(grants.ownerEpochOf(OWNER), i + 1);
        }
    }

    function test_grantBySig_OfADelegatedAccountThroughItsCode() public {
        delegate(OWNER_KEY, address(new DelegateAccount()));
        Terms memory terms = makeTerms();
        grants.grantBySig(terms, nestedTerms(OWNER, terms, false, OWNER_KEY));
        expectReason(terms, 1, Reason.None);
    }

    /// A key that the code accepts can sign as well: that is what its owner has delegated.
    function test_grantBySig_OfADelegatedAccountByASessionKey() public {
        delegate(OWNER_KEY, address(new SmartWallet(vm.addr(SESSION_KEY))));
        Terms memory terms = makeTerms();
        GrantHash grantHash = grants.grantBySig(terms, signTerms(terms, SESSION_KEY));
        expectReason(terms, 1, Reason.None);
        // And the owner's own key takes it back.
        grants.revokeBySig(OWNER, grantHash, signRevocation(grantHash, OWNER_KEY));
        expectReason(terms, 1, Reason.GrantRevoked);
    }

    /// Once the delegation is gone, so is what the code said.
    function test_RevertWhen_TheDelegationIsGone() public {
        delegate(OWNER_KEY, address(new SmartWallet(vm.addr(SESSION_KEY))));
        delegate(OWNER_KEY, address(0));
        eq(OWNER.code.length, 0);
        Terms memory terms = makeTerms();
        bytes memory signed = signTerms(terms, SESSION_KEY);
        expectUnsigned(terms);
        grants.grantBySig(terms, signed);
        grants.grantBySig(terms, signTerms(terms, OWNER_KEY));
    }

    /// Code that says yes to everything is its owner's choice, and reaches nobody else.
    function test_RevertWhen_DelegatedCodeSpeaksForAnother() public {
        delegate(WORKER_KEY, address(new OneWordAccount(bytes32(bytes4(0x1626ba7e)))));
        Terms memory terms = makeTerms();
        expectUnsigned(terms);
        grants.grantBySig(terms, "");
        terms.owner = WORKER;
        vm.expectPartialRevert(IGrantRegistry.GrantDatasetNotOwned.selector);
        grants.grantBySig(terms, "");
    }

    // The life of a grant by signatures of an account alone

    function expectWholeLife(address account, bool p256, uint256 key) private {
        Terms memory terms = termsOf(account);
        GrantHash grantHash = grants.grantBySig(terms, nestedTerms(account, terms, p256, key));
        expectReason(terms, 1, Reason.None);
        grants.revokeBySig(account, grantHash, nestedRevocation(account, grantHash, p256, key));
        expectReason(terms, 1, Reason.GrantRevoked);
        bytes32 contents = keccak256(abi.encode(keccak256(bytes(REVOKE_ALL_TYPE)), account, uint32(0)));
        bytes memory signed = nested(account, contents, REVOKE_ALL_TYPE, "RevokeAll", REVOKE_ALL_TYPE, p256, key);
        grants.revokeAllBySig(account, 0, signed);
        eq(grants.ownerEpochOf(account), 1);
    }

    /// @dev What a transaction with an authorization of the key leaves behind. The machine reads the designator.
    function delegate(uint256 key, address code) private {
        vm.etch(vm.addr(key), code == address(0) ? bytes("") : abi.encodePacked(hex"ef0100", code));
    }

    // ERC-7739, from its text

    function nestedTerms(address account, Terms memory terms, bool p256, uint256 key)
        private
        view
        returns (bytes memory)
    {
        bytes32 contents = structOf(terms);
        eq(toTypedDigest(contents), GrantHash.unwrap(grants.hashTerms(terms)));
        // "Explicit mode": the name follows the types, because it is not the first of them.
        string memory description = string.concat(NESTED_TERMS_TYPE, "Terms");
        return nested(account, contents, description, "Terms", NESTED_TERMS_TYPE, p256, key);
    }

    function nestedRevocation(address account, GrantHash grantHash, bool p256, uint256 key)
        private
        view
        returns (bytes memory)
    {
        bytes32 contents = keccak256(abi.encode(keccak256(bytes(REVOKE_TYPE)), grantHash));
        eq(toTypedDigest(contents), grants.revocationDigest(grantHash));
        return nested(account, contents, REVOKE_TYPE, "Revoke", REVOKE_TYPE, p256, key);
    }

    /// @dev TypedDataSign(contents, the account's own domain) under the domain of GrantRegistry.
    function nested(
        address account,
        bytes32 contents,
        string memory description,
        string memory name,
        string memory types,
        bool p256,
        uint256 key
    ) private view returns (bytes memory) {
        bytes32 kind = keccak256(
            abi.encodePacked(
                "TypedDataSign(",
                name,
                " contents,string name,string version,uint256 chainId,address verifyingContract,bytes32 salt)",
                types
            )
        );
        bytes32 hash = keccak256(
            abi.encode(
                kind, contents, keccak256("Account"), keccak256("1"), block.chainid, account, bytes32(0)
            )
        );
        bytes memory signed = p256 ? signatureP256(key, toTypedDigest(hash)) : signature(key, toTypedDigest(hash));
        return abi.encodePacked(signed, domain(), contents, description, uint16(bytes(description).length));
    }

    function signatureP256(uint256 key, bytes32 digest) private pure returns (bytes memory) {
        (bytes32 r, bytes32 s) = ACCOUNTS.signP256(key, digest);
        uint256 low = uint256(s) > ORDER_OF_P256 / 2 ? ORDER_OF_P256 - uint256(s) : uint256(s);
        return abi.encodePacked(r, low);
    }

    function toTypedDigest(bytes32 hash) private view returns (bytes32) {
        return keccak256(bytes.concat(hex"1901", domain(), hash));
    }

    function domain() private view returns (bytes32) {
        bytes32 kind = keccak256("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
        return keccak256(
            abi.encode(kind, keccak256("Persona GrantRegistry"), keccak256("1"), block.chainid, address(grants))
        );
    }

    function structOf(Terms memory t) private pure returns (bytes32) {
        bytes32 policyKind =
            keccak256("NodePolicy(uint32 verifierKinds,uint32 vendors,uint96 minStake,bool requesterMayNameNode)");
        bytes memory words = abi.encode(t);
        bytes32 policy = keccak256(abi.encode(policyKind, t.nodePolicy));
        // Words 0 to 13, the policy's hash, words 18 and 19.
        bytes memory packed = abi.encodePacked(keccak256(bytes(TERMS_TYPE)));
        for (uint256 i = 0; i < 14; ++i) {
            packed = bytes.concat(packed, wordOf(words, i));
        }
        return keccak256(bytes.concat(packed, policy, wordOf(words, 18), wordOf(words, 19)));
    }

    function wordOf(bytes memory words, uint256 i) private pure returns (bytes32 word) {
        assembly ("memory-safe") {
            word := mload(add(words, add(0x20, mul(i, 0x20))))
        }
    }
}
