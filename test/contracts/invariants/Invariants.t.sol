// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Asking, FuzzSelector} from "./Asking.sol";
import {Handler, QuickHandler} from "./Handler.sol";

/// @dev Numbered in docs/invariants.md. Each looks at runs of everything that Handler does.
/// How many runs of how many calls is in hardhat.test.config.ts: a few in `npm test`, thousands in `npm run test:deep`.
/// hardhat-config: invariant.failOnRevert = true
contract InvariantsTest is Asking {
    error NeverDone(bytes32 what);
    error NeverRefused(uint256 refusals);

    uint256 private constant LIVES = 10;
    uint256 private constant STEPS = 250;

    function setUp() public {
        handler = new Handler();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    function targetSelectors() public view returns (FuzzSelector[] memory targets) {
        targets = new FuzzSelector[](1);
        targets[0] = FuzzSelector(address(handler), new bytes4[](1));
        targets[0].selectors[0] = Handler.step.selector;
    }

    /// An invariant that never sees a settled job proves nothing: several lives, with the same dice, end jobs in every way
    /// and do everything.
    function test_HandlerReachesEveryState() public {
        live(false);
        demand("displace");
    }

    function test_HandlerReachesEveryStateWithoutARace() public {
        live(true);
    }

    function live(bool quick) private {
        uint256 dice = quick ? 7 : 1;
        uint256 refused = 0;
        bytes32[] memory whats = everything();
        for (uint256 life = 0; life < LIVES; ++life) {
            handler = quick ? new QuickHandler() : new Handler();
            for (uint256 i = 0; i < STEPS; ++i) {
                dice = uint256(keccak256(abi.encode(dice)));
                handler.step(dice);
                if (i % 25 == 0) askAll();
            }
            askAll();
            for (uint256 i = 0; i < whats.length; ++i) {
                counts[whats[i]] += handler.countOf(whats[i]);
            }
            counts["displace"] += handler.countOf("displace");
            refused += handler.refusals();
        }
        for (uint256 i = 0; i < whats.length; ++i) {
            demand(whats[i]);
        }
        if (refused < LIVES * 10) revert NeverRefused(refused);
    }

    mapping(bytes32 what => uint256) private counts;

    function demand(bytes32 what) private view {
        if (counts[what] == 0) revert NeverDone(what);
    }

    /// @dev All that the handler counts.
    function everything() private pure returns (bytes32[] memory whats) {
        bytes32[56] memory all = [
            bytes32("a job settled"),
            "a job failed",
            "a job timed out",
            "a job was cancelled",
            "a job was a read",
            "reopen",
            "quarantine",
            "grant",
            "grant again",
            "grantBySig",
            "grantBatch",
            "revoke",
            "revokeBySig",
            "revokeAll",
            "revokeAllBySig",
            "publish",
            "rotate keys",
            "erase",
            "restore",
            "conclude",
            "submit",
            "submit signed",
            "submit on two grants",
            "requestRead",
            "cancel",
            "claim",
            "claim again",
            "settleJob",
            "settleMany",
            "settleAvailable",
            "failJob",
            "timeOutJob",
            "equivocation",
            "addStake",
            "refreshWeight",
            "drain",
            "resume",
            "requestExit",
            "withdrawStake",
            "register again",
            "addEnclaveKey",
            "drainKey",
            "destroyKey",
            "withdraw",
            "withdrawCompensation",
            "compensate",
            "allow",
            "ban",
            "freeze",
            "unfreeze",
            "allowToken",
            "removeToken",
            "pause",
            "unpause",
            "cancelSlash",
            "executeSlash"
        ];
        whats = new bytes32[](all.length + 3);
        for (uint256 i = 0; i < all.length; ++i) {
            whats[i] = all[i];
        }
        (whats[56], whats[57], whats[58]) = ("burn", "send to market", "send to registry");
    }
}
