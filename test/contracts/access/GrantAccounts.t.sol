// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IERC1271} from "@openzeppelin/contracts/interfaces/IERC1271.sol";
import {GrantStatus, IGrantRegistry} from "../../../contracts/interfaces/IGrantRegistry.sol";
import {GrantHash} from "../../../contracts/types/Ids.sol";
import {Reason} from "../../../contracts/types/Reason.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {
    OneWordAccount,
    ReentrantAccount,
    RevertBomb,
    RevertingAccount,
    SlowAccount
} from "../helpers/HostileAccounts.sol";
import {GrantKit} from "../helpers/GrantKit.sol";
import {GasBurner, ReturnBomb, ShortAnswer, SmartWallet} from "../helpers/SmartWallet.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Owners that are contracts (ERC-1271): those that mean it well, and those that do not.
contract GrantAccountsTest is GrantKit {
    uint256 private constant WALLET_GAS = 600_000;
    bytes32 private constant MAGIC = bytes32(bytes4(0x1626ba7e));

    function test_grantBySig_OfSmartWallet() public {
        address wallet = address(new SmartWallet(OWNER));
        Terms memory terms = termsOf(wallet);
        GrantHash grantHash = grants.grantBySig(terms, signTerms(terms, OWNER_KEY));
        yes(grants.grantOf(wallet, grantHash).status == GrantStatus.Active);
        grants.revokeBySig(wallet, grantHash, signRevocation(grantHash, OWNER_KEY));
        yes(grants.grantOf(wallet, grantHash).status == GrantStatus.Revoked);
        grants.revokeAllBySig(wallet, 0, signRevokeAll(wallet, 0, OWNER_KEY));
        eq(grants.ownerEpochOf(wallet), 1);
    }

    function test_grant_BySmartWalletItself() public {
        SmartWallet wallet = new SmartWallet(OWNER);
        Terms memory terms = termsOf(address(wallet));
        wallet.run(address(grants), abi.encodeCall(IGrantRegistry.grant, (terms)));
        expectReason(terms, 1, Reason.None);
        wallet.run(address(grants), abi.encodeCall(IGrantRegistry.revoke, (grants.hashTerms(terms))));
        expectReason(terms, 1, Reason.GrantRevoked);
    }

    function test_RevertWhen_SmartWalletRefuses() public {
        Terms memory terms = termsOf(address(new SmartWallet(OWNER)));
        bytes memory signed = signTerms(terms, WORKER_KEY);
        expectUnsigned(terms);
        grants.grantBySig(terms, signed);
    }

    /// The wallet's key speaks through the wallet only.
    function test_RevertWhen_TheKeyOfAWalletSignsForItself() public {
        Terms memory terms = makeTerms();
        terms.owner = address(new SmartWallet(OWNER));
        bytes memory signed = signTerms(terms, OWNER_KEY);
        vm.expectPartialRevert(IGrantRegistry.GrantDatasetNotOwned.selector);
        grants.grantBySig(terms, signed);
        terms.owner = STRANGER;
        signed = signTerms(terms, OWNER_KEY);
        expectUnsigned(terms);
        grants.grantBySig(terms, signed);
    }

    /// Any length is for the wallet to judge, 65 bytes too.
    function test_grantBySig_OfAnyLength() public {
        address wallet = address(new OneWordAccount(MAGIC));
        Terms memory terms = termsOf(wallet);
        GrantHash grantHash = grants.grantBySig(terms, "");
        grants.revokeBySig(wallet, grantHash, new bytes(1000));
        grants.revokeAllBySig(wallet, 0, new bytes(65));
        yes(grants.grantOf(wallet, grantHash).status == GrantStatus.Revoked);
        eq(grants.ownerEpochOf(wallet), 1);
    }

    function testFuzz_RevertWhen_AnswerIsNotTheMagic(bytes32 word) public {
        vm.assume(word != MAGIC);
        expectRefused(address(new OneWordAccount(word)));
    }

    function test_RevertWhen_AnswerIsAlmostTheMagic() public {
        expectRefused(address(new OneWordAccount(0)));
        expectRefused(address(new OneWordAccount(bytes32(uint256(MAGIC) | 1))));
        expectRefused(address(new OneWordAccount(bytes32(uint256(uint32(0x1626ba7e))))));
        expectRefused(address(new OneWordAccount(bytes32(uint256(1)))));
        expectRefused(address(new OneWordAccount(bytes32(bytes4(0xffffffff)))));
        expectRefused(address(new OneWordAccount(bytes32(bytes4(0x77390001)))));
    }

    function test_RevertWhen_WalletAnswersTooShort() public {
        expectRefused(address(new ShortAnswer()));
    }

    function test_RevertWhen_WalletRevertsWithTheMagic() public {
        expectRefused(address(new RevertingAccount()));
    }

    function test_RevertWhen_WalletDoesNotKnowTheQuestion() public {
        expectRefused(address(grants));
        expectRefused(address(token));
    }

    // Bounded: who sends a hostile owner's message pays for half a million gas and one word, no more

    function test_RevertWhen_WalletBurnsGas() public {
        expectBounded(address(new GasBurner()));
    }

    function test_RevertWhen_WalletFloodsMemory() public {
        expectBounded(address(new ReturnBomb()));
    }

    function test_RevertWhen_WalletRevertsWithAMegabyte() public {
        expectBounded(address(new RevertBomb()));
    }

    /// A flood that begins with the magic word is an answer; only one word of it is copied.
    function test_grantBySig_OfAFloodThatSaysYes() public {
        address wallet = address(new FloodThatSaysYes());
        Terms memory terms = termsOf(wallet);
        uint256 before = gasleft();
        grants.grantBySig(terms, "");
        yes(before - gasleft() < WALLET_GAS);
        expectReason(terms, 1, Reason.None);
    }

    /// A passkey wallet that verifies P-256 in Solidity (about 300,000 gas) is within the bound; twice the bound is not.
    function test_grantBySig_OfASlowWallet() public {
        Terms memory terms = termsOf(address(new SlowAccount(450_000)));
        grants.grantBySig(terms, "");
        expectReason(terms, 1, Reason.None);
        expectRefused(address(new SlowAccount(510_000)));
    }

    /// Who sends too little gas fails himself; nothing is decided.
    function test_grantBySig_WithTooLittleGasDecidesNothing() public {
        address wallet = address(new SlowAccount(400_000));
        Terms memory terms = termsOf(wallet);
        bytes memory data = abi.encodeCall(IGrantRegistry.grantBySig, (terms, ""));
        (bool ok,) = address(grants).call{gas: 300_000}(data);
        yes(!ok);
        yes(grants.grantOf(wallet, grants.hashTerms(terms)).status == GrantStatus.None);
        (ok,) = address(grants).call{gas: 1_000_000}(data);
        yes(ok);
    }

    // It is asked in a way in which it can change nothing

    function test_RevertWhen_WalletReenters() public {
        ReentrantAccount wallet = new ReentrantAccount();
        Terms memory terms = termsOf(address(wallet));
        bytes[4] memory payloads = [
            abi.encodeCall(IGrantRegistry.revokeAll, ()),
            abi.encodeCall(IGrantRegistry.revoke, (GrantHash.wrap("any"))),
            abi.encodeCall(IGrantRegistry.grant, (terms)),
            abi.encodeCall(IGrantRegistry.grantBySig, (terms, ""))
        ];
        for (uint256 i = 0; i < payloads.length; ++i) {
            wallet.arm(address(grants), payloads[i]);
            expectUnsigned(terms);
            grants.grantBySig(terms, "");
        }
        eq(grants.ownerEpochOf(address(wallet)), 0);
        yes(grants.grantOf(address(wallet), GrantHash.wrap("any")).status == GrantStatus.None);
        // Reading is no offence.
        wallet.arm(address(grants), abi.encodeCall(IGrantRegistry.ownerEpochOf, (OWNER)));
        grants.grantBySig(terms, "");
        expectReason(terms, 1, Reason.None);
    }

    /// The registry asks exactly what ERC-1271 says.
    function testFuzz_revokeBySig_AsksWithTheDigestAndTheSignature(GrantHash grantHash, bytes memory signed) public {
        address wallet = address(new ExactAccount());
        ExactAccount(wallet).expect(grants.revocationDigest(grantHash), signed);
        grants.revokeBySig(wallet, grantHash, signed);
        yes(grants.grantOf(wallet, grantHash).status == GrantStatus.Revoked);
        bytes memory other = bytes.concat(signed, hex"00");
        vm.expectRevert(
            abi.encodeWithSelector(IGrantRegistry.GrantSignatureInvalid.selector, grantHash, wallet)
        );
        grants.revokeBySig(wallet, grantHash, other);
    }

    function expectRefused(address wallet) private {
        Terms memory terms = termsOf(wallet);
        GrantHash grantHash = grants.hashTerms(terms);
        bytes memory signed = signTerms(terms, OWNER_KEY);
        expectUnsigned(terms);
        grants.grantBySig(terms, signed);
        expectUnsigned(terms);
        grants.revokeBySig(wallet, grantHash, "anything");
        vm.expectRevert(
            abi.encodeWithSelector(IGrantRegistry.GrantEpochSignatureInvalid.selector, wallet, 0)
        );
        grants.revokeAllBySig(wallet, 0, "anything");
        yes(grants.grantOf(wallet, grantHash).status == GrantStatus.None);
    }

    function expectBounded(address wallet) private {
        Terms memory terms = makeTerms();
        terms.owner = wallet;
        bytes memory signed = signTerms(terms, OWNER_KEY);
        bytes memory data = abi.encodeCall(IGrantRegistry.grantBySig, (terms, signed));
        uint256 before = gasleft();
        (bool ok,) = address(grants).call(data);
        yes(!ok);
        yes(before - gasleft() < WALLET_GAS);
        expectRefused(wallet);
    }
}

/// @dev Says yes with 50,000 bytes.
contract FloodThatSaysYes {
    fallback() external {
        assembly {
            mstore(0, 0x1626ba7e00000000000000000000000000000000000000000000000000000000)
            return(0, 50000)
        }
    }
}

/// @dev Says yes to one question only.
contract ExactAccount is IERC1271 {
    bytes32 private wanted;

    function expect(bytes32 digest, bytes calldata signed) external {
        wanted = keccak256(abi.encode(digest, signed));
    }

    function isValidSignature(bytes32 digest, bytes calldata signed) external view returns (bytes4) {
        return keccak256(abi.encode(digest, signed)) == wanted ? this.isValidSignature.selector : bytes4(0);
    }
}
