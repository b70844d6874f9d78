// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {JobId, NodeId} from "../../../contracts/types/Ids.sol";
import {Check} from "../helpers/Check.sol";
import {RaceHarness} from "../helpers/RaceHarness.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev test/vectors/race.json, written by `npm run vectors`: the race of the SDK, bit for bit, and the true logarithm.
contract RaceVectorsTest is Check {
    string private constant FILE = "test/vectors/race.json";

    /// @dev 2^-30 of 64.64 fixed point.
    uint256 private constant TOLERANCE = 1 << 34;

    string private _file;
    RaceHarness private _race;

    function setUp() public {
        _file = vm.readFile(FILE);
        bytes memory code = vm.getCode("RaceHarness.sol:RaceHarness");
        address race;
        assembly ("memory-safe") {
            race := create(0, add(code, 0x20), mload(code))
        }
        _race = RaceHarness(race);
    }

    function test_Vectors_negativeLog() public view {
        uint256 count = 0;
        for (string memory path = "."; ; ++count) {
            path = string.concat(".logarithms[", vm.toString(count), "]");
            if (!vm.keyExistsJson(_file, path)) break;
            uint256 got = _race.negativeLog(number(path, ".x"));
            eq(got, number(path, ".log"));
            uint256 exact = number(path, ".exact");
            yes((got > exact ? got - exact : exact - got) < TOLERANCE);
        }
        eq(count, 53);
    }

    function test_Vectors_delayOf() public view {
        uint256 count = 0;
        for (string memory path = "."; ; ++count) {
            path = string.concat(".delays[", vm.toString(count), "]");
            if (!vm.keyExistsJson(_file, path)) break;
            uint256 delay = _race.delayOf({
                seed: vm.parseJsonBytes32(_file, string.concat(path, ".seed")),
                jobId: JobId.wrap(vm.parseJsonBytes32(_file, string.concat(path, ".jobId"))),
                attempt: number(path, ".attempt"),
                nodeId: NodeId.wrap(uint32(number(path, ".nodeId"))),
                unit: number(path, ".unit"),
                weight: number(path, ".weight"),
                totalWeight: number(path, ".totalWeight")
            });
            eq(delay, number(path, ".delay"));
        }
        eq(count, 28);
    }

    function number(string memory path, string memory field) private view returns (uint256) {
        return vm.parseJsonUint(_file, string.concat(path, field));
    }
}
