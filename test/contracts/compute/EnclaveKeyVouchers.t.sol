// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {EnclaveKeyStatus} from "../../../contracts/interfaces/INodeRegistry.sol";
import {EnclaveBinding, KEY_WORKER} from "../../../contracts/types/EnclaveBinding.sol";
import {KeyKit} from "../helpers/KeyKit.sol";
import {StubVerifier} from "../helpers/StubVerifier.sol";

/// @dev What a grant's node policy is held against.
contract EnclaveKeyVouchersTest is KeyKit {
    function test_keyStatusOf_SaysWhoVouches() public {
        StubVerifier stub = allowStub(3);
        EnclaveBinding memory binding = makeBinding(OPERATOR, OWNER_KEY, KEY_WORKER);
        add(nodeId, binding, stubEvidence(binding, uint40(START + 1 days), 2), stub);
        EnclaveKeyStatus memory status = nodes.keyStatusOf(OWNER);
        eq(status.verifierKind, 3);
        eq(status.vendor, 2);
    }
}
