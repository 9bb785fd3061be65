-- AlterTable
ALTER TABLE "Proxy" ADD COLUMN "ownParameters" TEXT NOT NULL DEFAULT '';
