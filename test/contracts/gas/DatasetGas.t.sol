// SPDX-License-Identifier: Apache-2.0
pragma solidity ^0.8.28;

import {RecoveryPlan} from "../../../contracts/interfaces/IOwnerKeys.sol";
import {DatasetHead} from "../../../contracts/types/DatasetHead.sol";
import {Publication, WriterPublication} from "../../../contracts/types/Publication.sol";
import {Writer, WriterKind} from "../../../contracts/types/Writer.sol";
import {vm} from "../helpers/Vm.sol";
import {GasKit} from "./GasKit.sol";

/// @dev What an owner's calls about datasets and custody cost.
/// hardhat-config: isolate = true
contract DatasetGasTest is GasKit {
    string private constant DATASETS = "DatasetRegistry";
    string private constant KEYS = "OwnerKeys";
    uint256 private constant WRITER_KEY = 0xa102;
    address private constant SECOND_WALLET = address(0xb201);
    address private constant ANNA = address(0xb202);
    address private constant BERT = address(0xb203);

    function test_Gas_Publish() public {
        vm.prank(OWNER);
        datasets.publish(datasetId, firstHead(), "manifest 2", "keybox", "guardians", 1, new bytes32[](0));
        record(DATASETS, "publish");
        Publication memory publication = Publication({
            datasetId: datasetId,
            previousHead: datasets.hashHead(headWith("manifest 2")),
            version: 3,
            manifestDigest: "manifest 3",
            keyBoxDigest: "keybox",
            guardianSetHash: "guardians",
            keyEpoch: 1,
            appended: new bytes32[](0),
            deadline: uint40(START + 1 hours)
        });
        bytes memory signed = signature(OWNER_KEY, datasets.publicationDigest(publication));
        datasets.publishBySig(publication, headWith("manifest 2"), signed);
        record(DATASETS, "publishBySig");
    }

    function test_Gas_Writers() public {
        address writerKey = vm.addr(WRITER_KEY);
        Writer memory writer = Writer(WriterKind.Key, bytes32(uint256(uint160(writerKey))));
        setWriter(writer, "manifest");
        record(DATASETS, "setWriter");
        WriterPublication memory writing = makeWriting(writer, 2, "manifest");
        vm.prank(writerKey);
        datasets.publishAsWriter(writing, firstHead());
        record(DATASETS, "publishAsWriter");
        writing = makeWriting(writer, 3, "manifest 2");
        bytes memory signed = signature(WRITER_KEY, datasets.writerPublicationDigest(writing));
        datasets.publishAsWriterBySig(writing, headWith("manifest 2"), signed);
        record(DATASETS, "publishAsWriterBySig");
        signed = signature(OWNER_KEY, datasets.writerRemovalDigest(datasetId, writer));
        datasets.removeWriterBySig(datasetId, writer, signed);
        record(DATASETS, "removeWriterBySig");
        setWriter(writer, "manifest 3");
        vm.prank(OWNER);
        datasets.removeWriter(datasetId, writer);
        record(DATASETS, "removeWriter");
    }

    function test_Gas_Transfer() public {
        offer();
        record(DATASETS, "offerDataset");
        vm.prank(OWNER);
        datasets.withdrawOffer(datasetId);
        record(DATASETS, "withdrawOffer");
        offer();
        vm.warp(START + 2 days);
        vm.prank(STRANGER);
        datasets.acceptDataset(datasetId);
        record(DATASETS, "acceptDataset");
    }

    function test_Gas_Erasure() public {
        erase();
        record(DATASETS, "eraseDataset");
        vm.prank(OWNER);
        datasets.restoreDataset(datasetId);
        record(DATASETS, "restoreDataset");
        erase();
        vm.warp(START + 7 days);
        datasets.concludeErasure(datasetId);
        record(DATASETS, "concludeErasure");
    }

    function test_Gas_Custody() public {
        setCustody(1);
        record(KEYS, "setCustody (first)");
        setCustody(2);
        record(KEYS, "setCustody");
        vm.prank(OWNER);
        ownerKeys.cancelChange(OWNER);
        record(KEYS, "cancelChange");
        setCustody(2);
        vm.warp(START + 3 days);
        ownerKeys.concludeChange(OWNER);
        record(KEYS, "concludeChange");
        vm.prank(OWNER);
        ownerKeys.setBackup("backup");
        record(KEYS, "setBackup");
    }

    function test_Gas_Recovery() public {
        setCustody(1);
        ask(ANNA);
        record(KEYS, "requestRecovery (plan of 2)");
        vm.prank(OWNER);
        ownerKeys.vetoRecovery(OWNER, ANNA);
        record(KEYS, "vetoRecovery");
        ask(BERT);
        ownerKeys.vetoRecoveryBySig(OWNER, BERT, signature(OWNER_KEY, ownerKeys.vetoDigest(OWNER, BERT)));
        record(KEYS, "vetoRecoveryBySig");
        ask(SECOND_WALLET);
        vm.warp(START + 3 days);
        vm.prank(SECOND_WALLET);
        datasets.recoverDataset(datasetId);
        record(DATASETS, "recoverDataset");
    }

    function headWith(bytes32 manifestDigest) private pure returns (DatasetHead memory head) {
        head = firstHead();
        head.manifestDigest = manifestDigest;
    }

    function setWriter(Writer memory writer, bytes32 manifestDigest) private {
        vm.prank(OWNER);
        datasets.setWriter(datasetId, headWith(manifestDigest), writer, 1, uint40(START + 10 days), 3);
    }

    function makeWriting(Writer memory writer, uint48 version, bytes32 previous)
        private
        view
        returns (WriterPublication memory)
    {
        return WriterPublication({
            datasetId: datasetId,
            writer: writer,
            previousHead: datasets.hashHead(headWith(previous)),
            version: version,
            keyEpoch: 1,
            manifestDigest: version == 2 ? bytes32("manifest 2") : bytes32("manifest 3"),
            segments: 1,
            deadline: uint40(START + 1 hours)
        });
    }

    function offer() private {
        vm.prank(OWNER);
        datasets.offerDataset(datasetId, STRANGER);
    }

    function erase() private {
        vm.prank(OWNER);
        datasets.eraseDataset(datasetId);
    }

    function makePlan() private pure returns (RecoveryPlan memory plan) {
        plan.people = new address[](2);
        plan.people[0] = ANNA;
        plan.people[1] = BERT;
        plan.digest = "plan";
    }

    function setCustody(uint32 version) private {
        bytes32 planHash = ownerKeys.hashPlan(makePlan());
        vm.prank(OWNER);
        ownerKeys.setCustody("root key", planHash, SECOND_WALLET, 3 days, version);
    }

    function ask(address requester) private {
        vm.prank(requester);
        ownerKeys.requestRecovery(OWNER, makePlan(), "device");
    }
}
