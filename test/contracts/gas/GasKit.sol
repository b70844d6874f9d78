// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IOwnerKeys} from "../../../contracts/interfaces/IOwnerKeys.sol";
import {JobRequest} from "../../../contracts/types/JobParams.sol";
import {Terms} from "../../../contracts/types/Terms.sol";
import {Kit, Posted} from "../helpers/Kit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev A deployment of the code that is deployed: made via IR, read from artifacts/, not the code that the other tests run.
/// Where `isolate = true`, each call is a transaction of its own, so cold slots, calldata and the 21,000 are in its figure.
abstract contract GasKit is Kit {
    IOwnerKeys internal ownerKeys;

    /// @dev What the last call cost. `npm test` compares it with snapshot.json; `npm run gas:accept` writes it.
    function record(string memory group, string memory name) internal {
        vm.snapshotGasLastCall(group, name);
    }

    /// @dev An open job on a grant of its own.
    function openJobOn(bytes32 salt) internal returns (Posted memory) {
        Terms memory terms = makeTerms();
        terms.salt = salt;
        giveGrant(terms);
        JobRequest memory request = makeRequest(one(terms));
        request.salt = salt;
        return submit(request, one(terms));
    }

    function make(string memory layer, string memory name, bytes memory arguments)
        internal
        override
        returns (address made)
    {
        string memory path = string.concat("artifacts/contracts/", layer, "/", name, ".sol/", name, ".json");
        made = create(vm.parseJsonBytes(vm.readFile(path), ".bytecode"), arguments);
        if (keccak256(bytes(name)) == keccak256("OwnerKeys")) ownerKeys = IOwnerKeys(made);
    }
}
