// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

/// @notice What a platform must have, at least. Two slots.
/// @param cpuSvn each of the sixteen components.
/// @param teeTcbSvn each of the sixteen of TDX; zero for SGX.
/// @param qeSvn of the quoting enclave.
/// @param evaluation Intel's tcbEvaluationDataNumber.
/// @param issuedAt Unix seconds; of two texts the later one counts.
/// @param validUntil Unix seconds; from then on it says nothing.
/// @param modules of TDX by their major version: up to six pairs `version:8 | least svn:8`, the first in the lowest bits.
struct TcbLevel {
    bytes16 cpuSvn;
    bytes16 teeTcbSvn;
    uint16 pceSvn;
    uint16 qeSvn;
    uint32 evaluation;
    uint40 issuedAt;
    uint40 validUntil;
    uint96 modules;
}

/// @notice What a platform has.
/// @param teeTcbSvn as in the quote: byte 0 is the module's svn, byte 1 its major version.
struct PlatformTcb {
    bytes16 cpuSvn;
    bytes16 teeTcbSvn;
    uint16 pceSvn;
    uint16 qeSvn;
}

library TcbLevelLib {
    uint256 internal constant MAX_MODULES = 6;

    /// @dev Sixteen lanes of sixteen bits, a component in the lower half of each.
    uint256 private constant LANES = 0x00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff00ff;
    uint256 private constant CARRIES = 0x0100010001000100010001000100010001000100010001000100010001000100;
    bytes16 private constant WITHOUT_MODULE = 0x0000ffffffffffffffffffffffffffff;

    function isMetBy(TcbLevel memory self, PlatformTcb memory platform) internal pure returns (bool) {
        if (platform.pceSvn < self.pceSvn || platform.qeSvn < self.qeSvn) return false;
        bytes16 least = self.teeTcbSvn;
        uint8 version = uint8(platform.teeTcbSvn[1]);
        if (version != 0) {
            // A module with a version has levels of its own, and its two bytes are not compared with the platform's.
            if (!_hasModule(self.modules, version, uint8(platform.teeTcbSvn[0]))) return false;
            least &= WITHOUT_MODULE;
        }
        return covers(_join(platform.cpuSvn, platform.teeTcbSvn), _join(self.cpuSvn, least));
    }

    /// @dev Each byte of `has` is at least that of `least`. A lane's bit 8 survives the subtraction where nothing is borrowed.
    function covers(uint256 has, uint256 least) internal pure returns (bool) {
        unchecked {
            uint256 even = ((has & LANES) | CARRIES) - (least & LANES);
            uint256 odd = (((has >> 8) & LANES) | CARRIES) - ((least >> 8) & LANES);
            return even & odd & CARRIES == CARRIES;
        }
    }

    function _hasModule(uint256 modules, uint8 version, uint8 svn) private pure returns (bool) {
        for (; modules != 0; modules >>= 16) {
            if (uint8(modules) == version) return svn >= uint8(modules >> 8);
        }
        return false;
    }

    function _join(bytes16 high, bytes16 low) private pure returns (uint256) {
        return (uint256(uint128(high)) << 128) | uint128(low);
    }
}
