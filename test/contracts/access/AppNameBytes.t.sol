// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IAppRegistry} from "../../../contracts/interfaces/IAppRegistry.sol";
import {AppId} from "../../../contracts/types/Ids.sol";
import {AppKit} from "../helpers/AppKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev The first and last character of each length of UTF-8, and the bytes just outside.
contract AppNameBytesTest is AppKit {
    uint256 private salt;

    function test_Name_FirstAndLastOfEachLength() public {
        named(hex"c2a0"); // the first of two bytes that is no control
        named(hex"dfbf");
        named(hex"e0a080");
        named(hex"efbfbf");
        named(hex"f0908080");
        named(hex"f48fbfbf");
    }

    function test_Name_BehindTheTags() public {
        named(hex"f3a18080"); // U+E1000
    }

    function test_RevertWhen_NameHasTheFirstOfTheC1Controls() public {
        AppId id = apps.appIdOf(address(this), bytes32(salt));
        vm.expectRevert(abi.encodeWithSelector(IAppRegistry.AppNameCharacterForbidden.selector, id, 0, 0x80));
        apps.registerApp(bytes32(salt), string(hex"c280"), DOMAIN, METADATA);
    }

    function test_RevertWhen_NameIsLongerThanNeededByOne() public {
        refused(hex"f08fbfbf"); // U+FFFF in four bytes
    }

    /// What only follows never leads, however many follow it.
    function test_RevertWhen_NameBeginsWithAContinuation() public {
        for (uint8 first = 0x80; first < 0xc2; ++first) {
            refused(bytes.concat(bytes1(first), hex"808080"));
        }
    }

    /// 0xf8 and above led five and six bytes once; the low bits of 0xf8 would make a character of four.
    function test_RevertWhen_NameBeginsWithAByteThatLeadsNothing() public {
        for (uint256 first = 0xf5; first <= 0xff; ++first) {
            refused(bytes.concat(bytes1(uint8(first)), hex"908080"));
        }
    }

    function named(bytes memory name) private {
        AppId id = apps.registerApp(bytes32(++salt), string(name), DOMAIN, METADATA);
        eq(keccak256(bytes(apps.appById(id).name)), keccak256(name));
    }

    function refused(bytes memory name) private {
        AppId id = apps.appIdOf(address(this), bytes32(salt));
        vm.expectRevert(abi.encodeWithSelector(IAppRegistry.AppNameMalformed.selector, id, 0));
        apps.registerApp(bytes32(salt), string(name), DOMAIN, METADATA);
    }
}
