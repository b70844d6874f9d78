// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {PlatformTcb, TcbLevel} from "../../../contracts/types/TcbLevel.sol";
import {Check} from "../helpers/Check.sol";
import {TcbLevelHarness} from "../helpers/TcbLevelHarness.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Levels are compared thirty-two bytes at a time: each byte counts, and none for another.
contract TcbLevelLanesTest is Check {
    TcbLevelHarness private levels;

    function setUp() public {
        bytes memory code = vm.getCode("test/contracts/helpers/TcbLevelHarness.sol:TcbLevelHarness");
        address made;
        assembly ("memory-safe") {
            made := create(0, add(code, 0x20), mload(code))
        }
        levels = TcbLevelHarness(made);
    }

    function test_covers_EachByteByItself() public view {
        for (uint256 i = 0; i < 32; ++i) {
            uint256 one = uint256(1) << (8 * i);
            uint256 most = uint256(0xff) << (8 * i);
            yes(levels.covers(one, one));
            yes(!levels.covers(0, one));
            yes(!levels.covers(most - one, most));
            // However much the other bytes have.
            yes(!levels.covers(type(uint256).max ^ most, one));
            yes(levels.covers(most, one));
        }
    }

    function test_isMetBy_EachComponent() public view {
        for (uint256 i = 0; i < 16; ++i) {
            bytes16 one = bytes16(uint128(uint256(1) << (8 * i)));
            TcbLevel memory level;
            PlatformTcb memory platform;
            level.cpuSvn = one;
            yes(!levels.isMetBy(level, platform));
            platform.teeTcbSvn = one;
            // The second byte of the TDX components is the module's version.
            if (i != 14) yes(!levels.isMetBy(level, platform));
            platform.teeTcbSvn = 0;
            platform.cpuSvn = one;
            yes(levels.isMetBy(level, platform));
            level.teeTcbSvn = one;
            yes(!levels.isMetBy(level, platform));
        }
    }

    function test_isMetBy_TheHighestBitOfAll() public view {
        TcbLevel memory level;
        PlatformTcb memory platform;
        level.cpuSvn = bytes16(bytes1(0x80));
        yes(!levels.isMetBy(level, platform));
        platform.cpuSvn = bytes16(bytes1(0x7f));
        yes(!levels.isMetBy(level, platform));
        platform.cpuSvn = bytes16(bytes1(0x80));
        yes(levels.isMetBy(level, platform));
    }

    /// Version in the lower byte, least number in the upper; as many as fit.
    function test_isMetBy_EachModule() public view {
        TcbLevel memory level;
        level.modules = 0x0703_0605_0509;
        for (uint8 number = 5; number < 8; ++number) {
            uint8 version = number == 5 ? 9 : number == 6 ? 5 : 3;
            PlatformTcb memory platform;
            platform.teeTcbSvn = bytes16(bytes2(uint16(number) << 8 | version));
            yes(levels.isMetBy(level, platform));
            platform.teeTcbSvn = bytes16(bytes2(uint16(number - 1) << 8 | version));
            yes(!levels.isMetBy(level, platform));
        }
        PlatformTcb memory stranger;
        stranger.teeTcbSvn = bytes16(bytes2(0xff04));
        yes(!levels.isMetBy(level, stranger));
    }
}
