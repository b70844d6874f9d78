// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {IQuorumVerifier} from "../../../contracts/interfaces/IQuorumVerifier.sol";
import {AttestationKit} from "../helpers/AttestationKit.sol";
import {vm} from "../helpers/Vm.sol";

/// @dev What it costs to tell the chain about platforms. PckRegistry and TcbPolicy are compiled for every test as they are
/// deployed; QuorumVerifier is read from artifacts/.
/// hardhat-config: isolate = true
contract AttestationGasTest is AttestationKit {
    string private constant PCKS = "PckRegistry";
    string private constant TCBS = "TcbPolicy";
    string private constant QUORUM = "QuorumVerifier";

    function test_Gas_Platforms() public {
        pcks.submitRevocations(data(".lists.root"), 10);
        record(PCKS, "submitRevocations (root)");
        pcks.registerAuthority(data(".certificates.platformCa"));
        record(PCKS, "registerAuthority");
        pcks.registerAuthority(data(".certificates.tcbSigner"));
        pcks.submitRevocations(data(".lists.platform"), 10);
        record(PCKS, "submitRevocations (platforms)");
        pcks.registerPck(data(".certificates.pck"));
        record(PCKS, "registerPck");
        submit("tdx");
        record(TCBS, "submitTcb");
        pcks.banPlatform(pcks.keyIdOf(1));
        record(PCKS, "banPlatform");
    }

    function test_Gas_TcbRules() public {
        uint32 evaluation = tcbs.evaluation();
        tcbs.raiseEvaluation(evaluation + 1, 1 days);
        record(TCBS, "raiseEvaluation");
        tcbs.lowerEvaluation(evaluation);
        record(TCBS, "lowerEvaluation");
        tcbs.endGrace(fmspc(), true);
        record(TCBS, "endGrace");
        tcbs.allowAdvisory("INTEL-SA-00001");
        record(TCBS, "allowAdvisory");
        tcbs.removeAdvisory("INTEL-SA-00001");
        record(TCBS, "removeAdvisory");
        tcbs.banModel(fmspc());
        record(TCBS, "banModel");
    }

    function test_Gas_Quorum() public {
        bytes memory code = vm.parseJsonBytes(
            vm.readFile("artifacts/contracts/attestation/QuorumVerifier.sol/QuorumVerifier.json"), ".bytecode"
        );
        address authority = create(vm.getCode("AccessManager.sol:AccessManager"), abi.encode(address(this)));
        IQuorumVerifier quorum = IQuorumVerifier(create(code, abi.encode(authority, 2)));
        quorum.addMember(STRANGER);
        record(QUORUM, "addMember");
        quorum.removeMember(STRANGER);
        record(QUORUM, "removeMember");
        quorum.banPlatform("platform");
        record(QUORUM, "banPlatform");
    }

    function record(string memory group, string memory name) private {
        vm.snapshotGasLastCall(group, name);
    }
}
