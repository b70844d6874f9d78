// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {Check} from "../helpers/Check.sol";
import {DatasetHandler} from "./DatasetHandler.sol";

/// @dev Numbered in docs/invariants.md. Each looks at runs of everything that DatasetHandler does.
contract DatasetInvariantsTest is Check {
    error SeldomDone(bytes32 what, uint256 count);

    DatasetHandler private handler;

    function setUp() public {
        handler = new DatasetHandler();
    }

    function targetContracts() public view returns (address[] memory targets) {
        targets = new address[](1);
        targets[0] = address(handler);
    }

    /// An invariant that never sees a writer write proves nothing: the handler does everything at least once.
    function test_HandlerDoesEverything() public {
        // A dataset that is erased does nothing more: several lives, with the same dice.
        bytes32[12] memory whats = [
            bytes32("publish"),
            "publishBySig",
            "setWriter",
            "removeWriter",
            "offer",
            "withdrawOffer",
            "accept",
            "recover",
            "erase",
            "restore",
            "conclude",
            "write"
        ];
        uint256[12] memory counts;
        uint256 dice = 1;
        for (uint256 life = 0; life < 14; ++life) {
            handler = new DatasetHandler();
            for (uint256 i = 0; i < 300; ++i) {
                dice = uint256(keccak256(abi.encode(dice)));
                roll(dice % 24, dice >> 8, dice >> 40, dice >> 80, dice >> 120);
            }
            for (uint256 i = 0; i < whats.length; ++i) {
                counts[i] += handler.countOf(whats[i]);
            }
            askAll();
        }
        for (uint256 i = 0; i < whats.length; ++i) {
            if (counts[i] < 3) revert SeldomDone(whats[i], counts[i]);
        }
    }

    function roll(uint256 action, uint256 a, uint256 b, uint256 c, uint256 d) private {
        if (action == 0) handler.publish(a, b, c, d);
        else if (action == 1) handler.publishBySig(a, b, c, d);
        else if (action <= 4) handler.setWriter(a, b, c, d, uint32(a >> 8));
        else if (action == 5) handler.removeWriter(a, b, c, d % 2 == 0);
        else if (action <= 7) handler.offer(a, b, c);
        else if (action == 8) handler.withdrawOffer(a, b);
        else if (action <= 10) handler.accept(a, b);
        else if (action == 11) handler.erase(a, b);
        else if (action == 12) handler.restore(a, b);
        else if (action == 13) handler.conclude(a, b);
        else if (action <= 17) handler.write(a, b, c, d, a % 2 == 0);
        else if (action == 18) handler.setKey(a, b, c % 4 != 0);
        else if (action == 19) handler.nameSuccessor(a, b);
        else if (action == 20) handler.recover(a, b);
        else handler.wait(a);
    }

    function askAll() private view {
        invariant_37_VersionAndKeyEpochNeverGoBack();
        invariant_38_AWriterChangesOnlyTheManifest();
        invariant_39_AWriterStaysWithinItsDelegation();
        invariant_40_OnlyAnAcceptedOfferOrASuccessorChangesTheOwner();
        invariant_41_AFrozenDatasetDoesNotChange();
        invariant_42_AnErasedDatasetStaysErased();
        invariant_43_OnlyTheOwnerDoesWhatIsTheOwners();
    }

    function invariant_37_VersionAndKeyEpochNeverGoBack() public view {
        yes(!handler.wentBack());
    }

    function invariant_38_AWriterChangesOnlyTheManifest() public view {
        yes(handler.headsAreKnown());
    }

    function invariant_39_AWriterStaysWithinItsDelegation() public view {
        yes(!handler.writerOverstepped());
        yes(handler.writersWithinTheirVersions());
    }

    function invariant_40_OnlyAnAcceptedOfferOrASuccessorChangesTheOwner() public view {
        yes(!handler.unknownOwnerChange());
        yes(handler.offersAreKnown());
    }

    function invariant_41_AFrozenDatasetDoesNotChange() public view {
        yes(!handler.frozenChanged());
    }

    function invariant_42_AnErasedDatasetStaysErased() public view {
        yes(handler.erasedStayErased());
    }

    function invariant_43_OnlyTheOwnerDoesWhatIsTheOwners() public view {
        yes(!handler.strangerSucceeded());
    }
}
