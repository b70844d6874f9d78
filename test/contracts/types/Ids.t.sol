// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {AppId, DatasetId, GrantHash, JobId, NodeId} from "../../../contracts/types/Ids.sol";
import {Check} from "../helpers/Check.sol";
import {IdsHarness} from "../helpers/IdsHarness.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev Ids are compared whole.
contract IdsTest is Check {
    IdsHarness private _ids;

    function setUp() public {
        bytes memory code = vm.getCode("test/contracts/helpers/IdsHarness.sol:IdsHarness");
        address made;
        assembly ("memory-safe") {
            made := create(0, add(code, 0x20), mload(code))
        }
        _ids = IdsHarness(made);
    }

    function test_EqualOrNot() public view {
        bytes32 a = keccak256("an id");
        _compare(a, a);
        _compare(a, keccak256("another"));
        for (uint256 bit = 0; bit < 256; ++bit) {
            _compare(a, a ^ bytes32(uint256(1) << bit));
        }
    }

    function _compare(bytes32 a, bytes32 b) private view {
        (bool same, bool other) = _ids.datasets(DatasetId.wrap(a), DatasetId.wrap(b));
        _is(same, other, a == b);
        (same, other) = _ids.jobs(JobId.wrap(a), JobId.wrap(b));
        _is(same, other, a == b);
        (same, other) = _ids.grants(GrantHash.wrap(a), GrantHash.wrap(b));
        _is(same, other, a == b);
        (same, other) = _ids.apps(AppId.wrap(a), AppId.wrap(b));
        _is(same, other, a == b);
        (uint32 x, uint32 y) = (uint32(uint256(a)), uint32(uint256(b)));
        (same, other) = _ids.nodes(NodeId.wrap(x), NodeId.wrap(y));
        _is(same, other, x == y);
    }

    function _is(bool same, bool other, bool wanted) private pure {
        yes(same == wanted);
        yes(other != wanted);
    }
}
